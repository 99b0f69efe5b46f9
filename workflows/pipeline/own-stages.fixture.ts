import * as z from 'zod';
import type { QualityReport } from '../../activities/quality/steps.js';
import { pipeline, step } from '../../sdk/index.js';
import { acceptQuality } from './quality-gate.js';
import { DataPipelineResult } from './result.js';
import { runDataPipeline } from './run-data-pipeline.js';

// A data pipeline of a team's own steps, as runDataPipeline's tests run it.

export const loadOwn = step('load_own', { input: z.object({ fails: z.boolean() }), output: z.object({ rows: z.number() }), retry: 'none' });
export const undoOwn = step('undo_own', { retry: 'none' });

const report = (score: number): QualityReport => ({ score, passed: score === 1, rows: 3, checks: [], sample: [] });

export const ownStages = pipeline(
  'own_stages',
  { input: z.object({ score: z.number().optional(), fails: z.boolean().default(false) }), output: DataPipelineResult, approvals: [acceptQuality] },
  (flow, { score, fails }) =>
    runDataPipeline(flow, {
      extract: async () => 3,
      validate: score === undefined ? undefined : async () => report(score),
      minQualityScore: 0.9,
      approvalWithin: '1 second',
      transform: async (rows) => rows * 2,
      load: () => loadOwn({ fails }),
      undo: () => undoOwn(),
    }),
);
