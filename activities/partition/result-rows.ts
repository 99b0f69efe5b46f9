const names = ['rows', 'rowsProcessed', 'totalRows'];

/** The number of rows that a result tells, by the names that results have for it; 0 where it tells none. */
export function rowsIn(result: unknown): number {
  if (typeof result !== 'object' || result === null) return 0;
  const found = names.map((name) => (result as Record<string, unknown>)[name]).find((value) => typeof value === 'number');
  return typeof found === 'number' && Number.isFinite(found) ? found : 0;
}
