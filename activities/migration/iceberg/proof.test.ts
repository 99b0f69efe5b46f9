import { expect, test } from 'vitest';
import { changeOf, proofOf, replacedBy } from './proof.js';

const isTarget = (name: string) => ['lake.t', '"lake"."t"', 'LAKE.T'].includes(name);

test.each([
  ['UPDATE lake.t SET n = 1', 'snapshot'],
  ['-- why\n insert into "lake" . "t" (n) VALUES 1', 'snapshot'],
  ['DELETE FROM LAKE.T', 'snapshot'],
  ['/* x */ MERGE INTO lake.t AS t USING s ON FALSE', 'snapshot'],
  ['TRUNCATE TABLE lake.t', 'snapshot'],
  ['ALTER TABLE lake.t ADD COLUMN n integer', 'definition'],
  ['ALTER TABLE IF EXISTS lake.t RENAME COLUMN a TO b', 'definition'],
  ['COMMENT ON TABLE lake.t IS NULL', 'definition'],
  ["COMMENT ON COLUMN lake.t.n IS 'x'", 'definition'],
  ['DROP TABLE lake.t', 'definition'],
  ['ALTER TABLE lake.t EXECUTE optimize', 'none'],
  ['ALTER TABLE lake.t2 EXECUTE optimize', 'none'],
  ['UPDATE lake.t2 SET n = 1', 'none'],
  ['UPDATE other.lake.t SET n = 1', 'none'],
  ['UPDATE t SET n = 1', 'none'],
  ['INSERT INTO other SELECT * FROM lake.t', 'none'],
  ['CREATE TABLE lake.t AS SELECT 1 AS n', 'none'],
  ["CALL iceberg.system.register_table('lake', 't', 'x')", 'none'],
  ['', 'none'],
])('%j leaves behind what shows whether it was applied: %s', (statement, proof) => {
  expect(proofOf(statement, isTarget)).toBe(proof);
});

test.each([
  ['ALTER TABLE lake.t RENAME TO lake.u', { table: 'lake.t', proof: 'definition', renames: true }],
  ['alter table if exists "lake"."t" /* x */ rename to u', { table: '"lake"."t"', proof: 'definition', renames: true }],
  ['ALTER TABLE lake.t RENAME COLUMN a TO b', { table: 'lake.t', proof: 'definition', renames: false }],
  ['TRUNCATE TABLE other', { table: 'other', proof: 'snapshot', renames: false }],
  ['CREATE TABLE lake.t AS SELECT 1 AS n', undefined],
])('%j changes %j', (statement, change) => {
  expect(changeOf(statement)).toEqual(change);
});

test.each([
  ['create or replace table "lake" . t AS SELECT 1 AS n', '"lake".t'],
  ['CREATE TABLE lake.t AS SELECT 1 AS n', undefined],
])('%j replaces %j', (statement, table) => {
  expect(replacedBy(statement)).toBe(table);
});
