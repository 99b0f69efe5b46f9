/** What a figure must keep. */
export type Limit = { atMost: number } | { atLeast: number };

/** Prints the benchmark's last line, `NAME FIGURE UNIT`, and before it whether the figure keeps its limit: where it does not, the process ends with exit code 1. */
export function printFigure(name: string, figure: number, digits: number, unit: string, limit: Limit): void {
  const [keeps, wanted] = 'atMost' in limit ? [figure <= limit.atMost, `at most ${limit.atMost}`] : [figure >= limit.atLeast, `at least ${limit.atLeast}`];
  console.log(`${wanted} ${unit}: ${keeps ? 'kept' : 'NOT KEPT'}`);
  if (!keeps) process.exitCode = 1;
  console.log(`${name} ${figure.toFixed(digits)} ${unit}`);
}
