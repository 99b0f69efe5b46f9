import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AclOperationTypes, AclPermissionTypes, AclResourceTypes, type Admin, Kafka, logLevel, ResourcePatternTypes } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type * as z from 'zod';
import exportRun from '../../../activities/export/run.js';
import { type Exported, exportData } from '../../../activities/export/steps.js';
import extractRun from '../../../activities/extract/run.js';
import { extractData } from '../../../activities/extract/steps.js';
import { runStep } from '../../../activities/run-step.fixture.js';
import sqlRun from '../../../activities/sql/run.js';
import { sql } from '../../../activities/sql/steps.js';
import { type RecordedContext, stepContext } from '../../../activities/step-context.fixture.js';
import { PermissionDeniedError, type TableRef, ValidationError } from '../../../sdk/index.js';
import type { Connection, StepContext } from '../../../sdk/node/index.js';
import { tryConnection } from '../../../worker/host/try-connection.js';
import { until } from '../../faults/until.js';
import { startWorker } from '../../faults/worker-process.js';
import { type KafkaServer, startKafka } from '../kafka.js';
import { openOwnGround } from '../own-ground.js';
import { sendNumbers } from './pipelines/send-numbers.js';

type Bus = Connection & { kind: 'kafka' };
type Extracted = z.output<typeof extractData.output>;

const long = 90_000;
const many = 3_000;

describe('Kafka', () => {
  let kafka: KafkaServer;
  let admin: Admin;
  const folder = mkdtempSync(join(tmpdir(), 'headrace-kafka-steps-'));
  const connect = () => new Kafka({ brokers: [kafka.broker], logLevel: logLevel.NOTHING, retry: { retries: 20, maxRetryTime: 1_000 } });

  beforeAll(async () => {
    kafka = await startKafka();
    admin = connect().admin();
    await admin.connect();
  });
  afterAll(async () => {
    await admin?.disconnect();
    await kafka?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const open = (): Bus => ({ kind: 'kafka', brokers: [kafka.broker], tls: false });
  const as = (username: string, password = username): Bus => ({
    kind: 'kafka',
    brokers: [kafka.secured],
    tls: false,
    sasl: { mechanism: 'plain', username, password },
  });
  const lake = { kind: 'duckdb', folder: join(folder, 'lake') } as const;

  function call(changes: Partial<StepContext> = {}, bus = open()): RecordedContext {
    return stepContext({ bus, lake }, { key: randomUUID(), ...changes });
  }

  async function topic(numPartitions = 3): Promise<string> {
    const name = `topic-${randomUUID()}`;
    await admin.createTopics({ topics: [{ topic: name, numPartitions }], waitForLeaders: true });
    return name;
  }

  async function rowsOf(statement: string): Promise<unknown> {
    return ((await runStep(sqlRun, sql, { on: 'lake', statement }, call())) as { rows?: unknown }).rows;
  }

  async function made(rows: number, filling = ''): Promise<TableRef> {
    const statement = `SELECT n, 9007199254740993 + n AS large, 'ü;"' || n || '${filling}' AS word FROM range(${rows}) t(n)`;
    return ((await runStep(sqlRun, sql, { on: 'lake', statement, into: 'made' }, call())) as { table: TableRef }).table;
  }

  const send = async (from: TableRef, to: Record<string, unknown>, context: StepContext = call()) =>
    (await runStep(exportRun, exportData, { from, to: { kafka: 'bus', ...to } }, context)) as Exported;

  const extract = async (from: Record<string, unknown>, context: StepContext = call()) =>
    (await runStep(extractRun, extractData, { from: { kafka: 'bus', ...from }, into: 'lake' }, context)) as Extracted;

  const counted = ({ table }: Extracted) => rowsOf(`SELECT count(*) AS messages, count(DISTINCT n) AS different FROM ${table.table}`);

  /** What a consumer of committed messages sees. */
  const seen = async (name: string) => counted(await extract({ topic: name }));

  /** Heartbeats tell how many rows are in the topic. */
  const sent = (context: RecordedContext) => (context.heartbeats.at(-1) as { rows?: number } | undefined)?.rows ?? 0;

  test('an export is read back as it was: keys, exact numbers, any text', { timeout: long }, async () => {
    const name = await topic();
    const done = await send(await made(1_500), { topic: name, key: 'large', batch: 400 });
    expect(done).toMatchObject({ rows: 1_500, location: `bus:${name}` });
    const { table, rows, columns } = await extract({ topic: name });
    expect(rows).toBe(1_500);
    expect(columns.map((column) => column.name).sort()).toEqual(['kafka_key', 'kafka_offset', 'kafka_partition', 'kafka_time', 'large', 'n', 'word']);
    expect(await rowsOf(`SELECT kafka_key, large, word FROM ${table.table} WHERE n = 1234`)).toEqual([
      { kafka_key: '9007199254742227', large: '9007199254742227', word: 'ü;"1234' },
    ]);
    expect(await rowsOf(`SELECT count(DISTINCT kafka_partition) AS partitions FROM ${table.table}`)).toEqual([{ partitions: 3 }]);
  });

  test('an extraction takes what came since the last one, and nothing when nothing came', { timeout: long }, async () => {
    const name = await topic();
    await send(await made(100), { topic: name });
    const first = await extract({ topic: name });
    await send(await made(7), { topic: name });
    const second = await extract({ topic: name, since: first.watermark });
    const third = await extract({ topic: name, since: second.watermark, types: { n: 'BIGINT' } });
    expect([first.rows, second.rows, third.rows]).toEqual([100, 7, 0]);
    expect(third.watermark).toBe(second.watermark);
    expect(await extract({ topic: name, format: 'text' })).toMatchObject({ rows: 107 });
  });

  test('what can never succeed is refused', { timeout: long }, async () => {
    const name = await topic(1);
    const from = await made(1);
    await expect(send(from, { topic: 'nobody' })).rejects.toBeInstanceOf(ValidationError);
    await expect(send(from, { topic: name, key: 'nobody' })).rejects.toThrow("no column 'nobody'");
    await expect(extract({ topic: 'nobody' })).rejects.toBeInstanceOf(ValidationError);
    const producer = connect().producer();
    await producer.connect();
    await producer.send({ topic: name, messages: [{ value: 'no JSON' }] });
    await producer.disconnect();
    await expect(extract({ topic: name })).rejects.toThrow(/partition 0, offset \d+ is no JSON object/);
  });

  test('who may not is told so', { timeout: long }, async () => {
    const name = await topic(1);
    const allow = (resourceType: AclResourceTypes, resourceName: string, operation: AclOperationTypes) => ({
      resourceType,
      resourceName,
      resourcePatternType: ResourcePatternTypes.PREFIXED,
      principal: 'User:writer',
      host: '*',
      operation,
      permissionType: AclPermissionTypes.ALLOW,
    });
    await admin.createAcls({
      acl: [
        allow(AclResourceTypes.TOPIC, name, AclOperationTypes.WRITE),
        allow(AclResourceTypes.TOPIC, name, AclOperationTypes.READ),
        allow(AclResourceTypes.TRANSACTIONAL_ID, 'headrace-', AclOperationTypes.WRITE),
        allow(AclResourceTypes.GROUP, 'headrace-', AclOperationTypes.READ),
      ],
    });
    const from = await made(1);
    expect(await send(from, { topic: name }, call({}, as('writer')))).toMatchObject({ rows: 1 });
    expect(await extract({ topic: name }, call({}, as('writer')))).toMatchObject({ rows: 1 });
    await expect(send(from, { topic: name }, call({}, as('reader')))).rejects.toBeInstanceOf(PermissionDeniedError);
    await expect(extract({ topic: name }, call({}, as('reader')))).rejects.toBeInstanceOf(PermissionDeniedError);
    await expect(send(from, { topic: name }, call({}, as('writer', 'wrong')))).rejects.toBeInstanceOf(PermissionDeniedError);
    await expect(tryConnection(as('writer', 'wrong'), 'bus')).rejects.toBeInstanceOf(PermissionDeniedError);
    expect(await tryConnection(as('writer'), 'bus')).toBe('Kafka with 1 brokers, 1 topics can be seen');
  });

  test('a cluster with TLS is trusted by the authority that `ca` names, and not without', { timeout: long }, async () => {
    const bus: Bus = { kind: 'kafka', brokers: [kafka.tls.broker], tls: true };
    const name = await topic();
    expect(await send(await made(3), { topic: name }, call({}, { ...bus, ca: kafka.tls.ca }))).toMatchObject({ rows: 3 });
    expect(await tryConnection({ ...bus, ca: kafka.tls.ca }, 'bus')).toMatch(/^Kafka with 1 brokers/);
    await expect(tryConnection(bus, 'bus')).rejects.toMatchObject({ name: 'ValidationError', code: 'bad_connection', fix: expect.stringContaining('`ca`') });
  });

  test.each(['CANCELLED', 'TIMED_OUT', 'WORKER_SHUTDOWN'])(
    '%s stops an export, and a later attempt goes on behind what is there',
    { timeout: long },
    async (reason) => {
      const name = await topic();
      const from = await made(many);
      const stopping = new AbortController();
      const context = call({ signal: stopping.signal });
      const stopped = send(from, { topic: name, batch: 50 }, context);
      stopped.catch(() => undefined);
      await until(
        () => sent(context),
        (rows) => rows >= 200,
        { every: 5 },
      );
      stopping.abort(new Error(reason));
      await expect(stopped).rejects.toThrow(reason);
      expect(sent(context)).toBeLessThan(many);
      await send(from, { topic: name, batch: 50 }, call({ key: context.key, attempt: 2 }));
      expect(await seen(name)).toEqual([{ messages: many, different: many }]);
    },
  );

  test('a broker that is killed in the middle of an export costs no row and doubles none', { timeout: 2 * long }, async () => {
    const name = await topic();
    const context = call();
    const exported = send(await made(many), { topic: name, batch: 50 }, context);
    await until(
      () => sent(context),
      (rows) => rows >= 200,
      { every: 5 },
    );
    await kafka.halt();
    expect(sent(context)).toBeLessThan(many);
    await kafka.resume();
    expect(await exported).toMatchObject({ rows: many });
    expect(await seen(name)).toEqual([{ messages: many, different: many }]);
  });

  test('a broker that is away when an extraction begins is waited for', { timeout: 2 * long }, async () => {
    const name = await topic();
    await send(await made(many), { topic: name });
    await kafka.halt();
    const extracted = extract({ topic: name });
    await kafka.resume();
    expect(await counted(await extracted)).toEqual([{ messages: many, different: many }]);
  });

  test('a broker that is killed in the middle of an extraction costs no row and doubles none', { timeout: 2 * long }, async () => {
    const name = await topic();
    const rows = 40_000;
    await send(await made(rows, 'x'.repeat(1_000)), { topic: name, batch: 2_000 });
    const context = call();
    const extracted = extract({ topic: name }, context);
    await until(
      () => sent(context),
      (count) => count > 0,
      { every: 1 },
    );
    await kafka.halt();
    expect(sent(context)).toBeLessThan(rows);
    await kafka.resume();
    expect(await counted(await extracted)).toEqual([{ messages: rows, different: rows }]);
  });

  test('a worker that is killed in the middle of an export: another sends the rest', { timeout: 3 * long }, async ({ onTestFinished }) => {
    const here = await openOwnGround({ pipelines: join(import.meta.dirname, 'pipelines'), connections: { bus: open() } });
    onTestFinished(() => here.leave());
    const name = await topic();
    const rows = 20_000;
    const first = await startWorker(here);
    const { workflowId } = await here.client.start(sendNumbers, { topic: name, rows });
    const offsets = async () => (await admin.fetchTopicOffsets(name)).reduce((sum, { high }) => sum + Number(high), 0);
    await until(offsets, (count) => count > 500, { limit: long, every: 10 });
    await first.kill();
    expect(await offsets()).toBeLessThan(rows);
    await startWorker(here);
    expect(await here.ended(workflowId)).toMatchObject({ status: 'SUCCEEDED', retries: 1, output: { rows } });
    expect(await seen(name)).toEqual([{ messages: rows, different: rows }]);
  });
});
