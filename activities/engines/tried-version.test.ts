import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { triedVersions, withVersion } from './tried-version.js';

test.each([
  ['Airflow', '2.4.3', 'Airflow 2.4.3 (older than those that Headrace is run on, 2.11.2 and 3.3.2: try your steps there first)'],
  ['Airflow', '4.0.0', 'Airflow 4.0.0 (newer than those'],
  ['Flink', '1.18.1', 'Flink 1.18.1 (older than those'],
  ['Spark', '2.4.8', 'Spark 2.4.8 (older than those'],
  ['Spark', undefined, 'Spark of unknown version (not known to be one that'],
  ['PostgreSQL', '9.6.24', 'PostgreSQL 9.6.24 (older than those'],
  ['PostgreSQL', '14.11 (Debian 14.11-1)', 'PostgreSQL 14.11 (Debian 14.11-1) (older than those'],
  ['Trino', '389', 'Trino 389 (older than those'],
  ['Kubernetes', 'v1.28.4+k3s1', 'Kubernetes v1.28.4+k3s1 (older than those'],
] as const)('%s %s is warned of', (system, version, said) => {
  expect(withVersion(system, version)).toContain(said);
});

test.each([
  ['Airflow', '2.11.2'],
  ['Airflow', '3.0.1'],
  ['Airflow', '3.10.0'],
  ['Flink', '2.3.0'],
  ['PostgreSQL', '15.6 (Debian 15.6-0+deb12u1)'],
  ['Kubernetes', 'v1.37.0'],
  ['Trino', '476'],
] as const)('%s %s is told without a warning', (system, version) => {
  expect(withVersion(system, version)).toBe(`${system} ${version}`);
});

const pages = { Airflow: 'airflow', Flink: 'flink', Kubernetes: 'kubernetes', PostgreSQL: 'engines/postgres', Spark: 'spark', Trino: 'engines/trino' } as const;

test.each(Object.entries(pages))("%s's page names the versions that doctor measures by", (system, folder) => {
  const page = readFileSync(join(import.meta.dirname, '..', folder, 'README.md'), 'utf8');
  for (const version of triedVersions[system as keyof typeof pages]) expect(page).toMatch(new RegExp(`\\b${version.replaceAll('.', '\\.')}\\b`));
});
