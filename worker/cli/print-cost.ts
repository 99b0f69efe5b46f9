import type { Api } from '../../sdk/api-client/index.js';

type Cost = Api<'Cost'>;

const words = {
  cpuSeconds: (it: number) => `${seconds(it)} of CPU`,
  coreSeconds: (it: number) => `${seconds(it)} of cores`,
  wallSeconds: (it: number) => `${seconds(it)} on the engine`,
  peakMemoryBytes: (it: number) => `${bytes(it)} of memory`,
  scannedRows: (it: number) => `${it.toLocaleString('en')} rows scanned`,
  scannedBytes: (it: number) => `${bytes(it)} scanned`,
  writtenBytes: (it: number) => `${bytes(it)} written`,
} satisfies Record<keyof Cost, (figure: number) => string>;

/** What a call's work took, for people. */
export function printCost(cost: Cost): string {
  return Object.entries(words)
    .flatMap(([name, tell]) => {
      const figure = cost[name as keyof Cost];
      return figure === undefined ? [] : [tell(figure)];
    })
    .join(', ');
}

function seconds(figure: number): string {
  return `${figure.toLocaleString('en', { maximumFractionDigits: 1, roundingPriority: 'morePrecision', maximumSignificantDigits: 2 })} s`;
}

const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

function bytes(figure: number): string {
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, figure)) / 3));
  return `${(figure / 1_000 ** power).toLocaleString('en', { maximumSignificantDigits: 3 })} ${units[power]}`;
}
