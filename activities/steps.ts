/** The built-in steps' declarations: safe on both sides. Their work is in the worker. */
export { triggerAirflowDag } from './airflow/steps.js';
export { compactIcebergTable } from './compact/steps.js';
export { exportData } from './export/steps.js';
export { extractData } from './extract/steps.js';
export { flinkJob } from './flink/steps.js';
export { type IcebergLoad, type Load, loadData, loadToIceberg, undoLoad } from './load/steps.js';
export { applyMigration, createBackup, type Migration, restoreBackup, validateMigration, validatePostMigration } from './migration/steps.js';
export { notifyFailure, notifyPipelineCompletion, notifyQualityIssue } from './notify/steps.js';
export { processPartition } from './partition/steps.js';
export { pythonScript } from './python/steps.js';
export { type Check, checks, type QualityReport, validateQuality } from './quality/steps.js';
export { sparkJob } from './spark/steps.js';
export { sql } from './sql/steps.js';
