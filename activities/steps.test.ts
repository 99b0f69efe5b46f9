import { expect, test } from 'vitest';
import { isStep } from '../sdk/authoring/step.js';
import * as steps from './steps.js';

const minutes = 60_000;
const hours = 60 * minutes;

/** The preset and the time-out of each, as the specification has them (§3). */
const specified: [string, string, number][] = [
  ['sql', 'default', hours],
  ['spark_job', 'extraction', 2 * hours],
  ['flink_job', 'extraction', 2 * hours],
  ['python_script', 'default', hours],
  ['extract_data', 'extraction', hours],
  ['validate_quality', 'quality', 30 * minutes],
  ['trigger_airflow_dag', 'airflow', 2 * hours],
  ['load_data', 'loading', hours],
  ['load_to_iceberg', 'loading', hours],
  ['undo_load', 'backup', hours],
  ['process_partition', 'partition', hours],
  ['compact_iceberg_table', 'loading', hours],
  ['validate_migration', 'quality', 30 * minutes],
  ['validate_post_migration', 'quality', 30 * minutes],
  ['create_backup', 'backup', hours],
  ['restore_backup', 'backup', hours],
  ['apply_migration', 'none', hours],
  ['notify_quality_issue', 'notification', 5 * minutes],
  ['notify_pipeline_completion', 'notification', 5 * minutes],
  ['notify_failure', 'notification', 5 * minutes],
  ['export', 'loading', hours],
];

const declared = Object.values<unknown>(steps).filter(isStep);

test.each(specified)('%s has the preset %s and its time-out', (id, retry, timeout) => {
  const step = declared.find((it) => it.id === id);
  expect([step?.retry, step?.timeout]).toEqual([retry, timeout]);
});

test('no step is without a row here', () => {
  expect(declared.map(({ id }) => id).sort()).toEqual(specified.map(([id]) => id).sort());
});
