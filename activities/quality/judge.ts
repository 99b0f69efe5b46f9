import type { Check } from '../../sdk/authoring/quality.js';
import type { CheckResult } from './steps.js';

/** What a check found, before it is judged. */
export interface Observation {
  /** Rows in all. */
  readonly total: number;
  /** What the check's own part of a query gave. */
  readonly found: number | string | null;
}

type Verdict = Pick<CheckResult, 'passed' | 'observed' | 'expected' | 'message'> & { failedRows?: number };

/** Says whether what was found keeps the rule. */
export function judge(check: Check, observation: Observation): CheckResult {
  const name = check.name ?? nameOf(check);
  return { name, check: check.check, severity: check.severity, weight: check.weight, ...verdict(check, observation) };
}

function verdict(check: Check, { total, found }: Observation): Verdict {
  if (check.check === 'row_count') return judgeCount(check, total);
  if (check.check === 'freshness') return judgeFreshness(check, found);
  if (check.check === 'volume') throw new TypeError('volume is judged with its history');
  return judgeRows('tolerance' in check ? check.tolerance : 0, total, Number(found), ruleOf(check));
}

function judgeRows(tolerance: number, total: number, failedRows: number, rule: string): Verdict {
  const expected = tolerance === 0 ? rule : `${rule}, in all but ${tolerance * 100} % of the rows`;
  return { passed: failedRows <= tolerance * total, observed: failedRows, expected, failedRows, message: `${failedRows} of ${total} rows fail: ${rule}` };
}

function judgeCount({ min, max }: Extract<Check, { check: 'row_count' }>, total: number): Verdict {
  const expected = `${[...(min === undefined ? [] : [`at least ${min}`]), ...(max === undefined ? [] : [`at most ${max}`])].join(' and ') || 'any number of'} rows`;
  return {
    passed: total >= (min ?? 0) && total <= (max ?? Number.POSITIVE_INFINITY),
    observed: total,
    expected,
    message: `${total} rows; expected ${expected}`,
  };
}

function judgeFreshness(check: Extract<Check, { check: 'freshness' }>, found: Observation['found']): Verdict {
  const expected = `${check.column} not older than ${check.within / 1_000} seconds`;
  if (found === null) return { passed: false, observed: null, expected, message: `there is no value in ${check.column}` };
  const latest = /Z$|[+-]\d\d(:?\d\d)?$/.test(String(found)) ? String(found) : `${found}Z`;
  const age = (check.asOf === undefined ? Date.now() : Date.parse(check.asOf)) - Date.parse(latest);
  return { passed: age <= check.within, observed: latest, expected, message: `the latest ${check.column} is ${latest}` };
}

/** Says whether a number of rows is near enough to the median of earlier partitions. */
export function judgeVolume(check: Extract<Check, { check: 'volume' }>, total: number, history: readonly number[]): CheckResult {
  const base = { name: check.name ?? nameOf(check), check: check.check, severity: check.severity, weight: check.weight, observed: total };
  if (history.length < check.least) {
    const message = `not judged: ${history.length} earlier partitions of ${check.of.table}, at least ${check.least} are needed`;
    return { ...base, passed: true, expected: 'a history to compare with', message };
  }
  const middle = median(history);
  const expected = `${middle} rows ± ${check.tolerance * 100} % (median of the last ${history.length} partitions of ${check.of.table})`;
  return { ...base, passed: Math.abs(total - middle) <= check.tolerance * middle, expected, message: `${total} rows; expected ${expected}` };
}

/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? Number.NaN) + upper) / 2;
}

function nameOf(check: Check): string {
  if ('column' in check) return `${check.check}(${check.column})`;
  return 'columns' in check ? `${check.check}(${check.columns.join(', ')})` : check.check;
}

function ruleOf(check: Check): string {
  switch (check.check) {
    case 'not_null':
      return `${check.column} is not NULL`;
    case 'unique':
      return `${check.columns.join(', ')} is unique`;
    case 'accepted_values':
      return `${check.column} is one of ${check.values.slice(0, 20).join(', ')}${check.values.length > 20 ? ' …' : ''}`;
    case 'range':
      return `${check.column} lies between ${check.min ?? 'anything'} and ${check.max ?? 'anything'}`;
    case 'pattern':
      return `${check.column} matches ${check.pattern}`;
    case 'type':
      return `${check.column} can be read as ${check.type}`;
    case 'references':
      return `${check.column} is there in ${check.table.table}.${check.key}`;
    default:
      return `${check.name ?? check.check} finds no row`;
  }
}
