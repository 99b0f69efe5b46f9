import { Warehouse } from '../../../activities/load/lake.fixture.js';
import run from '../../../activities/load/run.js';
import { loadToIceberg } from '../../../activities/load/steps.js';
import { runStep } from '../../../activities/run-step.fixture.js';
import type { TableRef } from '../../../sdk/index.js';
import type { StepContext } from '../../../sdk/node/index.js';
import { askTrino } from '../ask-trino.js';
import type { TrinoServer } from '../trino.js';
import { outsider } from '../trino-settings.js';

type Given = Parameters<typeof loadToIceberg>[0];
type Loaded = Awaited<ReturnType<typeof loadToIceberg>>;

let tables = 0;

/** What tests of loads into Iceberg do: as the product does it, and as a witness beside it. */
export class IceHouse extends Warehouse {
  constructor(
    readonly trino: TrinoServer,
    catalog = 'iceberg',
    user = 'headrace',
  ) {
    const lake = { kind: 'trino' as const, url: trino.url, user, catalog, schema: 'lake' };
    super({ lake, other: lake, visitor: { ...lake, user: trino.visitor }, outsider: { ...lake, user: outsider } });
  }

  /** A table that is not there yet. */
  fresh(): TableRef {
    tables += 1;
    return { connection: 'lake', table: `lake.t${process.pid}_${tables}` };
  }

  async iceberg(load: Given, changes: Partial<StepContext> = {}): Promise<Loaded> {
    return (await runStep(run, loadToIceberg, load, this.context(changes))) as Loaded;
  }

  /** What Trino says when it is asked past the product. */
  async ask<Row extends unknown[] = unknown[]>(statement: string): Promise<Row[]> {
    return (await askTrino(this.trino.url, statement.replaceAll('lake.', 'iceberg.lake.'))).rows as Row[];
  }
}

/** Three rows of a day. */
export const day = (value: string, amount: number) =>
  `SELECT DATE '${value}' AS day, CAST(n AS integer) AS id, ${amount} AS amount, CASE n WHEN 1 THEN NULL WHEN 2 THEN '' ELSE 'é "😀"' END AS note FROM UNNEST(sequence(1, 3)) t(n)`;
