/** The versions that the steps are run on by `npm run test:engines`, the oldest and the newest. The systems' own pages say the same. */
export const triedVersions = {
  Airflow: ['2.11.2', '3.3.2'],
  Flink: ['2.2.1'],
  Kubernetes: ['1.36.3'],
  PostgreSQL: ['15'],
  Spark: ['4.0.5'],
  Trino: ['476'],
} as const;

/** A system and its version, with a warning where that is older than, or a major version after, those that the steps were run on. */
export function withVersion(system: keyof typeof triedVersions, found = 'of unknown version'): string {
  const tried: readonly string[] = triedVersions[system];
  const verdict = judge(found, tried);
  return verdict === undefined
    ? `${system} ${found}`
    : `${system} ${found} (${verdict} that Headrace is run on, ${tried.join(' and ')}: try your steps there first)`;
}

function judge(found: string, tried: readonly string[]): string | undefined {
  const is = numbersOf(found);
  const [oldest = [], newest = oldest] = [tried[0], tried.at(-1)].map((version) => numbersOf(version ?? ''));
  if (is.length === 0) return 'not known to be one';
  if (compare(is, oldest) < 0) return 'older than those';
  return (is[0] ?? 0) > (newest[0] ?? 0) ? 'newer than those' : undefined;
}

/** Of '2.11.2', 'v1.36.3+k3s1' or '15.6 (Debian 15.6-1)': its leading numbers. */
function numbersOf(version: string): number[] {
  return (/\d+(\.\d+)*/.exec(version)?.[0] ?? '').split('.').filter(Boolean).map(Number);
}

function compare(one: readonly number[], other: readonly number[]): number {
  const at = other.findIndex((number, index) => (one[index] ?? 0) !== number);
  return at === -1 ? 0 : (one[at] ?? 0) - (other[at] ?? 0);
}
