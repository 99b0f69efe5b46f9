import { extractData } from '../activities/extract/steps.js';
import { loadData, loadToIceberg, undoLoad } from '../activities/load/steps.js';
import { notifyFailure, notifyPipelineCompletion, notifyQualityIssue } from '../activities/notify/steps.js';
import { validateQuality } from '../activities/quality/steps.js';
import { sql } from '../activities/sql/steps.js';
import { type Flow, pipeline, type RunOutcome, type TableRef } from '../sdk/index.js';
import { DataPipelineInput } from './pipeline/input.js';
import { acceptQuality } from './pipeline/quality-gate.js';
import { DataPipelineResult } from './pipeline/result.js';
import { runDataPipeline } from './pipeline/run-data-pipeline.js';
import { transformByDag } from './pipeline/transform-by-dag.js';

/**
 * Extracts, checks, transforms and loads what its input says (SPEC §4). For steps of one's own see runDataPipeline.
 *
 * @example
 * {
 *   source: { from: { files: 'vega', path: 'flights-3m.parquet' }, into: 'lake' },
 *   checks: [{ check: 'row_count', min: 1 }], minQualityScore: 0.95,
 *   transform: { statement: 'SELECT origin, avg(delay) AS delay FROM extracted GROUP BY origin' },
 *   target: { mode: 'append', into: { connection: 'lake', table: 'delays' } }, notify: ['console'],
 * }
 */
export const dataPipeline = pipeline(
  'data_pipeline',
  {
    description: 'Extracts, checks, transforms and loads what its input says.',
    input: DataPipelineInput,
    output: DataPipelineResult,
    approvals: [acceptQuality],
  },
  (flow, input) => {
    if (input.notify !== undefined) notifyAtEnd(flow, input.notify);
    const { source, checks, minQualityScore, approvalWithin } = input;
    return runDataPipeline(flow, {
      extract: () => extractData(source),
      validate: checks.length === 0 ? undefined : ({ table }) => validateQuality({ table, checks }),
      minQualityScore,
      tell: (quality, { table }) => tellOfQuality(flow, input, quality, table),
      approvalWithin,
      transform: ({ table }) => transform(input, table),
      load: (from) => load(input, from),
      undo: () => undoLoad({ load: loadName, into: input.target.into }),
    });
  },
);

async function tellOfQuality(
  flow: Flow,
  { notify, minQualityScore }: DataPipelineInput,
  quality: Awaited<ReturnType<typeof validateQuality>>,
  table: TableRef,
): Promise<void> {
  if (notify === undefined) flow.skip(notifyQualityIssue, 'The input names nobody to notify.');
  else await notifyQualityIssue({ to: notify, table, quality, minimum: minQualityScore, severity: quality.severity });
}

async function transform({ source, transform: query }: DataPipelineInput, extracted: TableRef): Promise<TableRef> {
  if (query === undefined) return extracted;
  if ('dag' in query) return transformByDag(query, extracted);
  const { table } = await sql({ ...query, on: query.on ?? source.into, tables: { ...query.tables, extracted }, into: 'transformed' });
  return table ?? extracted;
}

const loadName = 'data_pipeline';

function load({ target }: DataPipelineInput, from: TableRef): Promise<{ rows: number }> {
  const { format, checks, minimumScore, partitioning, ...into } = target;
  const called = { ...into, load: loadName, from };
  return format === 'iceberg' ? loadToIceberg({ ...called, checks, minimumScore, partitioning }) : loadData(called);
}

function notifyAtEnd(flow: Flow, to: NonNullable<DataPipelineInput['notify']>): void {
  const failed = (outcome: RunOutcome) => notifyFailure({ to, outcome });
  flow.notify({
    succeeded: (outcome) => notifyPipelineCompletion({ to, outcome, rows: (outcome.output as DataPipelineResult).rowsProcessed }),
    failed,
    timedOut: failed,
  });
}
