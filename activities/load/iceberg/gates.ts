import { ValidationError } from '../../../sdk/index.js';
import type { StepContext } from '../../../sdk/node/index.js';
import type { QualityReport } from '../../quality/steps.js';
import { validate } from '../../quality/validate.js';
import type { FilledIcebergLoad } from '../steps.js';
import type { Staged } from './staging.js';

/** What the checks said of rows that may be published. */
export interface PassedGates {
  readonly quality?: QualityReport;
}

/** Checks staged rows before anybody sees them. @throws ValidationError quality_too_low, with what failed */
export async function passGates({ checks, minimumScore, into, load }: FilledIcebergLoad, { table }: Staged, context: StepContext): Promise<PassedGates> {
  if (checks.length === 0) return {};
  const quality = await validate({ table: { connection: into.connection, table: table.text }, where: [], checks, sampleRows: 5 }, context);
  if (quality.score >= minimumScore) return { quality };
  const failed = quality.checks.filter(({ passed }) => !passed).map(({ name, message }) => `${name}: ${message}`);
  throw new ValidationError(
    `The rows of '${load}' score ${quality.score} where ${minimumScore} is asked for; nothing was published. ${failed.join('; ')}. ${JSON.stringify(quality.sample).slice(0, 2_000)}`,
    { code: 'quality_too_low', where: into.table },
  );
}
