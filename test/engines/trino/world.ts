import type * as z from 'zod';
import { runStep } from '../../../activities/run-step.fixture.js';
import run from '../../../activities/sql/run.js';
import { sql } from '../../../activities/sql/steps.js';
import { stepContext } from '../../../activities/step-context.fixture.js';
import type { Cost } from '../../../sdk/index.js';
import type { Connection, StepContext } from '../../../sdk/node/index.js';
import { askTrino } from '../ask-trino.js';
import type { TrinoServer } from '../trino.js';

type Settings = Extract<z.input<typeof Connection>, { kind: 'trino' }>;

export interface Answer {
  rows?: Record<string, unknown>[];
  rowCount: number;
  columns: { name: string; type: string }[];
  table?: { connection: string; table: string };
  bytes?: number;
  engine?: { name: string; id: string; link?: string };
  cost?: Cost;
}

/** Rows of a query that takes long enough to be met while it runs: minutes. */
export const slow = 'SELECT count(*) AS n FROM tpch.sf100.lineitem AS l WHERE l.comment LIKE $like';

/** Steps on a Trino, and a witness of what it does. */
export class World {
  private calls = 0;

  constructor(
    readonly trino: TrinoServer,
    private readonly changes: Partial<Settings> = {},
  ) {}

  connection(more: Partial<Settings> = {}): Settings {
    return { kind: 'trino', url: this.trino.url, user: 'headrace', catalog: 'memory', ...this.changes, ...more };
  }

  context(changes: Partial<StepContext> = {}, more: Partial<Settings> = {}) {
    this.calls += 1;
    const connections = {
      trino: this.connection(more),
      iceberg: this.connection({ ...more, catalog: 'iceberg' }),
      postgresql: this.connection({ ...more, catalog: 'postgresql' }),
      visitor: this.connection({ ...more, user: this.trino.visitor }),
    };
    return stepContext(connections, { key: `trino-${process.pid}-${this.calls}`, ...changes });
  }

  async sql(statement: string, more: object = {}, context: StepContext = this.context()): Promise<Answer> {
    return (await runStep(run, sql, { on: 'trino', statement, ...more }, context)) as Answer;
  }

  /** As Trino itself tells it. */
  async ask(statement: string): Promise<unknown[][]> {
    return (await askTrino(this.trino.url, statement)).rows;
  }

  /** The session of a statement, as Trino itself tells it. */
  async session(id: string | undefined): Promise<Record<string, unknown>> {
    const answer = await fetch(`${this.trino.url}/v1/query/${id}`, { headers: { 'X-Trino-User': 'headrace' } });
    return ((await answer.json()) as { session: Record<string, unknown> }).session;
  }

  /** What a statement has read, as Trino itself tells it. */
  async stats(id: string | undefined): Promise<{ processedInputPositions: number; physicalInput: number }> {
    const answer = await fetch(`${this.trino.url}/v1/query/${id}`, { headers: { 'X-Trino-User': 'headrace' } });
    const { queryStats } = (await answer.json()) as { queryStats: { processedInputPositions: number; physicalInputDataSize: string } };
    return { processedInputPositions: queryStats.processedInputPositions, physicalInput: Number.parseInt(queryStats.physicalInputDataSize, 10) };
  }

  /** Ids and states of the statements of Headrace that have these words in them. */
  async listed(words: string): Promise<{ id: string; state: string }[]> {
    const rows = await this.ask(
      `SELECT query_id, state FROM system.runtime.queries WHERE source <> 'witness' AND query LIKE '%${words}%' AND query NOT LIKE '%system.runtime%' ORDER BY created`,
    );
    return rows.map(([id, state]) => ({ id: String(id), state: String(state) }));
  }
}
