import type { Engine, Row, Statement } from '../engines/engine.js';
import type { QualityReport } from './steps.js';

const longestText = 200;
/** Bytes of all samples together: they travel in the run's history. */
const largestSample = 32_768;

/** A few failing rows of each failed check, until there are enough of them to read. */
export async function sampleRows(
  engine: Engine,
  failing: readonly { name: string; statement: Statement | undefined }[],
  size: number,
): Promise<QualityReport['sample']> {
  const samples: QualityReport['sample'] = [];
  let bytes = 0;
  for (const { name, statement } of failing) {
    if (statement === undefined || size === 0 || bytes >= largestSample) continue;
    const { rows } = await engine.query(statement, size);
    const kept: Row[] = [];
    for (const row of rows.map(shorten)) {
      bytes += JSON.stringify(row).length;
      if (bytes < largestSample) kept.push(row);
    }
    if (kept.length > 0) samples.push({ check: name, rows: kept });
  }
  return samples;
}

function shorten({ headrace_repeats: _, ...row }: Row): Row {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, shortenValue(value)]));
}

function shortenValue(value: unknown): unknown {
  const text = typeof value === 'string' ? value : typeof value === 'object' && value !== null ? JSON.stringify(value) : '';
  return text.length > longestText ? `${text.slice(0, longestText)}…` : value;
}
