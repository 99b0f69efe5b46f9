import type { Check } from '../../sdk/authoring/quality.js';
import type { TableRef } from '../../sdk/index.js';
import type { StepContext } from '../../sdk/node/index.js';
import type { Condition } from '../engines/condition.js';
import type { Engine } from '../engines/engine.js';
import { withEngine } from '../engines/open-engine.js';
import { withAliases } from '../sql/aliases.js';
import { type Checked, CheckQuery, compileAggregates, compileSample } from './compile.js';
import { judge, judgeVolume } from './judge.js';
import { sampleRows } from './sample.js';
import type { CheckResult, QualityReport } from './steps.js';
import { partitionHistory } from './volume.js';

/** What is to be checked, and how much of it shown. */
export interface Validation {
  readonly table: TableRef;
  readonly where: readonly Condition[];
  readonly checks: readonly Check[];
  readonly sampleRows: number;
}

/** Runs checks on a table. @throws ValidationError unknown_column, unknown_table or bad_sql */
export async function validate(validation: Validation, context: StepContext): Promise<QualityReport> {
  return withEngine(context, validation.table.connection, (engine) =>
    withAliases(engine, references(validation), context, () => validateOn(engine, validation, context)),
  );
}

/** The referenced tables, by the names that the queries have for them. */
function references({ checks }: Validation): Record<string, TableRef> {
  return Object.fromEntries(checks.flatMap((check, index) => (check.check === 'references' ? [[referenceName(index), check.table]] : [])));
}

const referenceName = (index: number) => `headrace_reference_${index}`;

async function validateOn(engine: Engine, { table, where, checks, sampleRows: size }: Validation, context: StepContext): Promise<QualityReport> {
  const checked: Checked = { table: table.table, columns: await engine.columns(table.table), where };
  const query = () => new CheckQuery(checked, engine.dialect, (check) => engine.dialect.identifier(referenceName(checks.indexOf(check))));
  const { rows: answers, engine: doneOn } = await engine.query(compileAggregates(checks, query()), 1);
  const found = answers[0] ?? {};
  const total = Number(found.total);
  const results: CheckResult[] = [];
  for (const [index, check] of checks.entries()) {
    results.push(await examine(check, found[`check_${index}`], total, { engine, query, context }));
    context.heartbeat({ checks: results.length });
  }
  const failing = checks.flatMap((check, index) =>
    results[index]?.passed === false ? [{ name: results[index].name, statement: sampleOf(check, query()) }] : [],
  );
  return {
    ...grade(results),
    rows: total,
    checks: results,
    sample: await sampleRows(engine, failing, size),
    ...(doneOn && { engine: doneOn }),
    cost: engine.cost,
  };
}

interface Tools {
  readonly engine: Engine;
  readonly query: () => CheckQuery;
  readonly context: StepContext;
}

async function examine(check: Check, found: unknown, total: number, { engine, query, context }: Tools): Promise<CheckResult> {
  if (check.check === 'volume') return judgeVolume(check, total, await partitionHistory(check, engine, context));
  if (check.check !== 'sql') return judge(check, { total, found: found as number | string | null });
  const counted = await engine.query(around(query(), `SELECT count(*) AS failed FROM (${check.statement}\n) AS failing`), 1);
  return judge(check, { total, found: Number(counted.rows[0]?.failed) });
}

function sampleOf(check: Check, query: CheckQuery) {
  return check.check === 'sql' ? around(query, `SELECT * FROM (${check.statement}\n) AS failing`) : compileSample(check, query);
}

function around(query: CheckQuery, text: string) {
  const rows = query.select('*');
  return { text: `WITH checked AS (${rows.text}) ${text}`, parameters: rows.parameters ?? [] };
}

/** The score and what follows from it. */
function grade(results: readonly CheckResult[]): Pick<QualityReport, 'score' | 'passed' | 'severity'> {
  const weigh = (those: readonly CheckResult[]) => those.reduce((sum, { weight }) => sum + weight, 0);
  const failed = results.filter((result) => !result.passed);
  const severity = (['critical', 'warning', 'info'] as const).find((word) => failed.some((result) => result.severity === word));
  const score = failed.length === 0 ? 1 : weigh(results.filter((result) => result.passed)) / weigh(results);
  return { score, passed: severity === undefined || severity === 'info', ...(severity === undefined ? {} : { severity }) };
}
