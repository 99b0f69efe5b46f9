/** The workflows that come ready to use, and what they are built of. */
export { backfill } from './backfill/backfill.js';
export { BackfillInput } from './backfill/input.js';
export { BackfillResult } from './backfill/result.js';
export { DataBackfillInput, dataBackfill } from './data_backfill.js';
export { dataPipeline } from './data_pipeline.js';
export { SchemaMigrationResult } from './migration/result.js';
export { type MigrationStages, runMigration } from './migration/run-migration.js';
export { DataPipelineInput } from './pipeline/input.js';
export { acceptQuality } from './pipeline/quality-gate.js';
export { DataPipelineResult } from './pipeline/result.js';
export { runDataPipeline, type Stages } from './pipeline/run-data-pipeline.js';
export { SchemaMigrationInput, schemaMigration } from './schema_migration.js';
