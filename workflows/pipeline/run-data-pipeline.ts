import type { QualityReport } from '../../activities/quality/steps.js';
import { validateQuality } from '../../activities/quality/steps.js';
import { type Duration, type Flow, HeadraceError } from '../../sdk/index.js';
import { belowThreshold, passGate } from './quality-gate.js';
import type { DataPipelineResult } from './result.js';

/** The stages of a data pipeline. Each calls any declared step, and gets what the stage before it gave. */
export interface Stages<Extracted, Transformed> {
  extract: () => Promise<Extracted>;
  /** Checks what was extracted. A pipeline without it passes its gate. */
  validate?: (extracted: Extracted) => Promise<QualityReport>;
  /** The lowest score that passes without people; 1 unless said: every check must pass. */
  minQualityScore?: number;
  /** Tells people that the quality is poor, before they are asked. One that fails is logged, and the question is asked all the same. */
  tell?: (quality: QualityReport, extracted: Extracted) => Promise<unknown>;
  /** How long people have to accept poor quality; 4 hours unless said. */
  approvalWithin?: Duration;
  transform: (extracted: Extracted) => Promise<Transformed>;
  load: (transformed: Transformed) => Promise<{ rows: number }>;
  /** Takes the load's effect back. It is registered before the load begins. */
  undo?: (transformed: Transformed) => Promise<unknown>;
}

/**
 * Extracts, checks, asks people where the quality is below the threshold, transforms and loads: the body of data_pipeline, for stages of one's own.
 * Nobody accepts: the run ends CANCELLED with the reason 'Quality below threshold'.
 *
 * @example
 * export const dailySales = pipeline('daily_sales', { input: z.object({ day: z.iso.date() }), output: DataPipelineResult, approvals: [acceptQuality] },
 *   (flow, { day }) => runDataPipeline(flow, {
 *     extract: () => extractData({ from: { table: shop('orders') }, where: [{ column: 'day', op: '=', value: day }], into: 'lake' }),
 *     validate: ({ table }) => validateQuality({ table, checks: [checks.rowCount({ min: 1 })] }),
 *     transform: ({ table }) => priceOrders({ table }),
 *     load: ({ table }) => loadData({ load: 'sales', from: table, into: lake('sales'), mode: 'overwrite_partition', partitionBy: 'day', partition: day }),
 *     undo: () => undoLoad({ load: 'sales', into: lake('sales') }),
 *   }));
 */
export async function runDataPipeline<Extracted, Transformed>(flow: Flow, stages: Stages<Extracted, Transformed>): Promise<DataPipelineResult> {
  const { minQualityScore = 1 } = stages;
  const extracted = await stages.extract();
  const quality = await validate(flow, stages, extracted);
  if (quality !== undefined && quality.score < minQualityScore) await tell(flow, stages, quality, extracted);
  const { open, decision } =
    quality === undefined ? { open: true, decision: undefined } : await passGate(flow, quality, minQualityScore, stages.approvalWithin);
  const found = { score: quality?.score, decision };
  if (!open) return flow.end('CANCELLED', { status: 'CANCELLED' as const, reason: belowThreshold, rowsProcessed: 0, duration: elapsed(flow), ...found });
  const rowsProcessed = await load(flow, stages, await stages.transform(extracted));
  return { status: 'COMPLETED', rowsProcessed, duration: elapsed(flow), ...found };
}

async function validate<E, T>(flow: Flow, { validate: check }: Stages<E, T>, extracted: E): Promise<QualityReport | undefined> {
  if (check !== undefined) return check(extracted);
  flow.skip(validateQuality, 'The pipeline declares no checks.');
  return undefined;
}

async function tell<E, T>(flow: Flow, stages: Stages<E, T>, quality: QualityReport, extracted: E): Promise<void> {
  try {
    await stages.tell?.(quality, extracted);
  } catch (error) {
    if (!(error instanceof HeadraceError)) throw error;
    flow.log(`Nobody could be told of the poor quality: ${error.message}`);
  }
}

async function load<E, T>(flow: Flow, stages: Stages<E, T>, transformed: T): Promise<number> {
  const { undo } = stages;
  if (undo !== undefined) flow.undo(() => undo(transformed));
  return (await stages.load(transformed)).rows;
}

function elapsed({ run }: Flow): number {
  return Date.now() - Date.parse(run.startedAt);
}
