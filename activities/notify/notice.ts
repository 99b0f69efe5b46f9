import type * as z from 'zod';
import { formatDuration } from '../../sdk/authoring/duration.js';
import type { Severity } from '../../sdk/authoring/quality.js';
import type { StepContext } from '../../sdk/node/index.js';
import { type Outcome, rowsOf } from './outcome.js';
import type { notifyFailure, notifyPipelineCompletion, notifyQualityIssue } from './steps.js';

export type Fact = string | number | boolean;

/** What is told, whatever the channel. */
export interface Notice {
  kind: 'quality_issue' | 'pipeline_completion' | 'failure';
  severity: Severity;
  title: string;
  text: string;
  url: string | undefined;
  /** By name, as a program reads them: durations are milliseconds. */
  facts: Record<string, Fact>;
  /** When it came to pass, ISO 8601, UTC. */
  at: string;
}

type Run = Pick<StepContext, 'pipeline' | 'workflowId' | 'runId'>;

/** The notice of a failure. */
export function failureNotice(input: z.output<typeof notifyFailure.input>, run: Run): Notice {
  const { outcome } = input;
  const told = [
    input.message,
    outcome?.error?.message,
    outcome?.error?.fix,
    outcome?.undo === 'FAILED' ? 'Its undo failed too: a person must look.' : undefined,
  ];
  return {
    ...shared(input, run, outcome),
    kind: 'failure',
    title: input.title ?? `${run.pipeline} ${outcome?.status ?? 'FAILED'}`,
    text: told.filter((line) => line !== undefined).join('\n'),
  };
}

/** The notice of a completed run. */
export function completionNotice(input: z.output<typeof notifyPipelineCompletion.input>, run: Run): Notice {
  const rows = input.rows ?? rowsOf(input.outcome);
  const common = shared(input, run, input.outcome);
  return {
    ...common,
    kind: 'pipeline_completion',
    title: input.title ?? `${run.pipeline} ${input.outcome?.status ?? 'SUCCEEDED'}`,
    text: input.message ?? '',
    facts: present({ ...common.facts, rows }),
  };
}

/** The notice of a table's poor quality, with the checks that failed. */
export function qualityNotice(input: z.output<typeof notifyQualityIssue.input>, run: Run): Notice {
  const { quality, minimum, table } = input;
  const name = table === undefined ? undefined : `${table.connection}:${table.table}`;
  const failed = quality.checks.filter((check) => !check.passed);
  const common = shared({ ...input, severity: input.severity ?? quality.severity ?? 'warning' }, run, undefined);
  return {
    ...common,
    kind: 'quality_issue',
    title: input.title ?? `Quality of ${name ?? run.pipeline} is ${quality.score}${minimum === undefined ? '' : `, below ${minimum}`}`,
    text: [...(input.message === undefined ? [] : [input.message]), ...failed.map((check) => `${check.name}: ${check.message ?? 'failed'}`)].join('\n'),
    facts: present({ ...common.facts, table: name, score: quality.score, minimum, failedChecks: failed.length }),
  };
}

function shared(input: { severity: Severity; url?: string | undefined; facts: Record<string, Fact> }, run: Run, outcome: Outcome | undefined) {
  const { pipeline, workflowId, runId } = outcome?.run ?? run;
  const undo = outcome === undefined || outcome.undo === 'NONE' ? undefined : outcome.undo;
  const facts = {
    pipeline,
    workflowId,
    runId,
    status: outcome?.status,
    duration: outcome?.duration,
    error: outcome?.error?.code ?? outcome?.error?.type,
    undo,
    ...input.facts,
  };
  return { severity: input.severity, url: input.url, facts: present(facts), at: endOf(outcome).toISOString() };
}

function endOf(outcome: Outcome | undefined): Date {
  return outcome === undefined ? new Date() : new Date(Date.parse(outcome.run.startedAt) + outcome.duration);
}

function present(facts: Record<string, Fact | undefined>): Record<string, Fact> {
  return Object.fromEntries(Object.entries(facts).filter((fact): fact is [string, Fact] => fact[1] !== undefined));
}

/** A notice's facts for people: `workflowId` is `Workflow id`, and a duration is in words. */
export function shownFacts({ facts }: Notice): [label: string, value: string][] {
  return Object.entries(facts).map(([name, value]) => {
    const words = name
      .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
      .replaceAll('_', ' ')
      .toLowerCase();
    return [words.charAt(0).toUpperCase() + words.slice(1), name === 'duration' && typeof value === 'number' ? formatDuration(value) : String(value)];
  });
}
