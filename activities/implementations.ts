import type { Implementations } from '../sdk/node/index.js';
import airflow from './airflow/run.js';
import compact from './compact/run.js';
import exportRun from './export/run.js';
import extract from './extract/run.js';
import flink from './flink/run.js';
import load from './load/run.js';
import migration from './migration/run.js';
import notify from './notify/run.js';
import partition from './partition/run.js';
import python from './python/run.js';
import quality from './quality/run.js';
import spark from './spark/run.js';
import sql from './sql/run.js';

/** The work of every built-in step. */
export const implementations: readonly Implementations[] = [
  airflow,
  compact,
  exportRun,
  extract,
  flink,
  load,
  migration,
  notify,
  partition,
  python,
  quality,
  spark,
  sql,
];
