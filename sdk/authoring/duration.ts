const milliseconds = { ms: 1, second: 1_000, minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;

type Unit = keyof typeof milliseconds;

/** A length of time: a number of milliseconds, or words such as `'4 hours'`, `'30 minutes'`, `'1 day'`. */
export type Duration = number | `${number} ${Unit | `${Exclude<Unit, 'ms'>}s`}`;

/**
 * A duration in milliseconds.
 *
 * @throws TypeError when the text is not a duration
 */
export function toMilliseconds(duration: Duration): number {
  if (typeof duration === 'number') return checked(duration, duration);
  const [, count, unit] = /^(\d+(?:\.\d+)?) (ms|second|minute|hour|day)s?$/.exec(duration) ?? [];
  return checked(Number(count) * milliseconds[unit as Unit], duration);
}

function checked(value: number, duration: Duration): number {
  if (Number.isFinite(value) && value >= 0) return Math.round(value);
  throw new TypeError(`'${duration}' is not a duration. Write it as '30 seconds', '4 hours' or a number of milliseconds.`);
}

/** A duration for people, to the two largest units: `'5m 23s'`, `'820ms'`, `'1d 2h'`. */
export function formatDuration(value: number): string {
  if (value < 1_000) return `${Math.round(value)}ms`;
  const seconds = Math.floor(value / 1_000);
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count}${unit}`)
    .join(' ');
}
