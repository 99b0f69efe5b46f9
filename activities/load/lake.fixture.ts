import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TableRef } from '../../sdk/index.js';
import type { StepContext } from '../../sdk/node/index.js';
import { runStep } from '../run-step.fixture.js';
import sqlRun from '../sql/run.js';
import { sql } from '../sql/steps.js';
import { stepContext } from '../step-context.fixture.js';
import run from './run.js';
import { type Load, type Loaded, loadData, undoLoad } from './steps.js';

/** A fresh folder of Parquet, as the connection `lake`. */
export function freshLake(): string {
  return join(mkdtempSync(join(tmpdir(), 'headrace-load-')), 'lake');
}

let calls = 0;

/** What tests of loads do, on one set of connections. */
export class Warehouse {
  constructor(readonly connections: Parameters<typeof stepContext>[0]) {}

  context(changes: Partial<StepContext> = {}): StepContext {
    calls += 1;
    return stepContext(this.connections, { key: `test-${process.pid}-${calls}`, ...changes });
  }

  /** A table of this run with these rows. */
  async rows(select: string, on = 'lake'): Promise<TableRef> {
    const { table } = (await runStep(sqlRun, sql, { on, statement: select, into: 'rows' }, this.context())) as { table: TableRef };
    return table;
  }

  async query(statement: string, on = 'lake'): Promise<Record<string, unknown>[]> {
    return ((await runStep(sqlRun, sql, { on, statement }, this.context())) as { rows: Record<string, unknown>[] }).rows;
  }

  async load(load: Load, changes: Partial<StepContext> = {}): Promise<Loaded> {
    return (await runStep(run, loadData, load, this.context(changes))) as Loaded;
  }

  async undo(load: Pick<Load, 'load' | 'into'>, changes: Partial<StepContext> = {}): Promise<{ undone: boolean; rows: number }> {
    return (await runStep(run, undoLoad, load, this.context(changes))) as { undone: boolean; rows: number };
  }
}

/** Every file that a reader of the folder sees, with its bytes. */
export function visibleFiles(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    names
      .filter((name) => !name.includes('/.headrace/'))
      .sort()
      .map((name) => [name.slice(folder.length + 1), readFileSync(name).toString('base64')]),
  );
}
