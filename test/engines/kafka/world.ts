import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { expect, vi } from 'vitest';
import type * as z from 'zod';
import exportRun from '../../../activities/export/run.js';
import { type Exported, exportData } from '../../../activities/export/steps.js';
import extractRun from '../../../activities/extract/run.js';
import { extractData } from '../../../activities/extract/steps.js';
import { runStep } from '../../../activities/run-step.fixture.js';
import sqlRun from '../../../activities/sql/run.js';
import { sql } from '../../../activities/sql/steps.js';
import { type RecordedContext, stepContext } from '../../../activities/step-context.fixture.js';
import type { TableRef } from '../../../sdk/index.js';
import type { Connection, StepContext } from '../../../sdk/node/index.js';
import { until } from '../../faults/until.js';
import { type KafkaServer, startKafka } from '../kafka.js';

export type Bus = Connection & { kind: 'kafka' };
export type Extracted = z.output<typeof extractData.output>;

/** Steps on a Kafka of its own (connection `bus`, and a folder of Parquet, `lake`), and a witness of what it has. */
export class World {
  private constructor(
    readonly kafka: KafkaServer,
    readonly admin: Admin,
    private readonly folder: string,
  ) {}

  static async open(): Promise<World> {
    const kafka = await startKafka();
    const admin = clientOf(kafka).admin();
    await admin.connect();
    return new World(kafka, admin, mkdtempSync(join(tmpdir(), 'headrace-kafka-steps-')));
  }

  async close(): Promise<void> {
    await this.admin.disconnect();
    await this.kafka.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A client of the tests' own. */
  client(): Kafka {
    return clientOf(this.kafka);
  }

  bus(): Bus {
    return { kind: 'kafka', brokers: [this.kafka.broker], tls: false };
  }

  as(username: string, password = username): Bus {
    return { kind: 'kafka', brokers: [this.kafka.secured], tls: false, sasl: { mechanism: 'plain', username, password } };
  }

  call(changes: Partial<StepContext> = {}, bus = this.bus()): RecordedContext {
    return stepContext({ bus, lake: { kind: 'duckdb', folder: join(this.folder, 'lake') } }, { key: randomUUID(), ...changes });
  }

  async topic(numPartitions = 3): Promise<string> {
    const name = `topic-${randomUUID()}`;
    await this.admin.createTopics({ topics: [{ topic: name, numPartitions }], waitForLeaders: true });
    return name;
  }

  async rowsOf(statement: string): Promise<unknown> {
    return ((await runStep(sqlRun, sql, { on: 'lake', statement }, this.call())) as { rows?: unknown }).rows;
  }

  async made(rows: number, filling = ''): Promise<TableRef> {
    const statement = `SELECT n, 9007199254740993 + n AS large, 'ü;"' || n || '${filling}' AS word FROM range(${rows}) t(n)`;
    return ((await runStep(sqlRun, sql, { on: 'lake', statement, into: 'made' }, this.call())) as { table: TableRef }).table;
  }

  async send(from: TableRef, to: Record<string, unknown>, context: StepContext = this.call()): Promise<Exported> {
    return (await runStep(exportRun, exportData, { from, to: { kafka: 'bus', ...to } }, context)) as Exported;
  }

  async extract(from: Record<string, unknown>, context: StepContext = this.call()): Promise<Extracted> {
    return (await runStep(extractRun, extractData, { from: { kafka: 'bus', ...from }, into: 'lake' }, context)) as Extracted;
  }

  counted({ table }: Extracted): Promise<unknown> {
    return this.rowsOf(`SELECT count(*) AS messages, count(DISTINCT n) AS different FROM ${table.table}`);
  }

  /** What a consumer of committed messages sees. */
  async seen(name: string): Promise<unknown> {
    return this.counted(await this.extract({ topic: name }));
  }

  /** Waits until consumers of committed messages see each of so many rows once: the broker shows them a moment after a commit. */
  async sees(name: string, rows: number): Promise<void> {
    await vi.waitFor(async () => expect(await this.seen(name)).toEqual([{ messages: rows, different: rows }]), { timeout: 120_000 });
  }

  /** A topic of one partition with messages of 1 KB. */
  async largeTopic(rows: number): Promise<string> {
    const name = await this.topic(1);
    await this.send(await this.made(rows, 'x'.repeat(1_000)), { topic: name, batch: 5_000 });
    await this.sees(name, rows);
    return name;
  }

  /** The consumer groups of steps, as the broker lists them. */
  async groups(): Promise<string[]> {
    const { groups } = await this.admin.listGroups();
    const names = groups.map(({ groupId }) => groupId).filter((name) => name.startsWith('headrace-'));
    return names.sort();
  }

  /** How many connections to the broker are open, as the kernel tells it. */
  connections(): number {
    const port = Number(this.kafka.broker.split(':')[1]);
    const remote = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
    const sockets = readFileSync('/proc/self/net/tcp', 'utf8').split('\n');
    return sockets.filter((socket) => socket.includes(` ${remote} ${established} `)).length;
  }
}

const established = '01';

function clientOf({ broker }: KafkaServer): Kafka {
  return new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING, retry: { retries: 20, maxRetryTime: 1_000 } });
}

/** Heartbeats tell how many rows are in the topic, or are read from it. */
export function rowsTold(context: RecordedContext): number {
  return (context.heartbeats.at(-1) as { rows?: number } | undefined)?.rows ?? 0;
}

/** Waits until that many rows are in the topic, or are read from it. */
export function told(rows: number, context: RecordedContext): Promise<number> {
  return until(
    () => rowsTold(context),
    (count) => count >= rows,
    { every: 1 },
  );
}
