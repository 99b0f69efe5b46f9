/** When Trino accepted a query, by its own clock, in milliseconds since the epoch: its ids begin with it, 20010701_235959_00001_abcde. */
export function acceptedAt(query: string): number {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)_/.exec(query) ?? [];
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
}
