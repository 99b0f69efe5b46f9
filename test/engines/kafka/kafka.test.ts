import { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } from 'kafkajs';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { runStep } from '../../../activities/run-step.fixture.js';
import sqlRun from '../../../activities/sql/run.js';
import { sql } from '../../../activities/sql/steps.js';
import { PermissionDeniedError, type TableRef, ValidationError } from '../../../sdk/index.js';
import { tryConnection } from '../../../worker/host/try-connection.js';
import { doctorSays } from '../doctor.js';
import { type Bus, rowsTold, told, World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world?.close());

const long = 90_000;
const many = 3_000;

test('an export is read back as it was: keys, exact numbers, any text', { timeout: long }, async () => {
  const name = await world.topic();
  const done = await world.send(await world.made(1_500), { topic: name, key: 'large', batch: 400 });
  expect(done).toMatchObject({ rows: 1_500, location: `bus:${name}` });
  await world.sees(name, 1_500);
  const { table, rows, columns } = await world.extract({ topic: name });
  expect(rows).toBe(1_500);
  expect(columns.map((column) => column.name).sort()).toEqual(['kafka_key', 'kafka_offset', 'kafka_partition', 'kafka_time', 'large', 'n', 'word']);
  expect(await world.rowsOf(`SELECT kafka_key, large, word FROM ${table.table} WHERE n = 1234`)).toEqual([
    { kafka_key: '9007199254742227', large: '9007199254742227', word: 'ü;"1234' },
  ]);
  expect(await world.rowsOf(`SELECT count(DISTINCT kafka_partition) AS partitions FROM ${table.table}`)).toEqual([{ partitions: 3 }]);
});

test('an extraction takes what came since the last one, and nothing when nothing came', { timeout: long }, async () => {
  const name = await world.topic();
  await world.send(await world.made(100), { topic: name });
  await world.sees(name, 100);
  const first = await world.extract({ topic: name });
  await world.send(await world.made(7), { topic: name });
  await vi.waitFor(async () => expect(await world.seen(name)).toEqual([{ messages: 107, different: 100 }]), { timeout: 20_000 });
  const second = await world.extract({ topic: name, since: first.watermark });
  const third = await world.extract({ topic: name, since: second.watermark, types: { n: 'BIGINT' } });
  expect([first.rows, second.rows, third.rows]).toEqual([100, 7, 0]);
  expect(third.watermark).toBe(second.watermark);
  expect(await world.extract({ topic: name, format: 'text' })).toMatchObject({ rows: 107 });
});

test('a watermark of a topic that was made anew since is refused: what came first would be left out', { timeout: long }, async () => {
  const name = await world.topic(1);
  await world.send(await world.made(100), { topic: name });
  const { watermark } = await world.extract({ topic: name });
  await world.admin.deleteTopics({ topics: [name] });
  await vi.waitFor(() => world.admin.createTopics({ topics: [{ topic: name, numPartitions: 1 }], waitForLeaders: true }), { timeout: 20_000 });
  await world.send(await world.made(7), { topic: name });
  await expect(world.extract({ topic: name, since: watermark })).rejects.toThrow(/partition 0 of .*, which ends at \d+: the topic was made anew/);
  expect(await world.extract({ topic: name })).toMatchObject({ rows: 7 });
});

test('an extraction ends before a transaction that stays open, also while others write on', { timeout: long }, async () => {
  const name = await world.topic(2);
  const [open, busy] = [world.client().producer({ transactionalId: `${name}-open`, maxInFlightRequests: 1, idempotent: true }), world.client().producer()];
  await Promise.all([open.connect(), busy.connect()]);
  onTestFinished(async () => void (await Promise.allSettled([open.disconnect(), busy.disconnect()])));
  const transaction = await open.transaction();
  await transaction.send({ topic: name, messages: [{ partition: 0, value: '{"n":0}' }] });
  const write = () => busy.send({ topic: name, messages: [{ partition: 1, value: '{"n":1}' }] });
  await write();
  let isOver = false;
  const writing = (async () => {
    while (!isOver) await write();
  })();
  const { rows, watermark } = await world.extract({ topic: name }).finally(() => (isOver = true));
  await writing;
  expect([rows, watermark]).toEqual([expect.any(Number), expect.stringMatching(/^{"0":"0","1":"[1-9]\d*"}$/)]);
  await transaction.abort();
});

test.each<[string, string[], RegExp]>([
  ['of the name of a column of messages', ['{"kafka_offset":1}'], /'kafka_offset' beside a column of the message itself/],
  ['of another one’s name in other letters', ['{"id":1}', '{"ID":2}'], /'ID' beside 'id': they would be one column/],
])('a message with a field %s is refused by its offset, and is taken as text', { timeout: long }, async (_, values, reason) => {
  const name = await world.topic(1);
  const producer = world.client().producer();
  await producer.connect();
  await producer.send({ topic: name, messages: values.map((value) => ({ value })) });
  await producer.disconnect();
  const refused = await world.extract({ topic: name }).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(ValidationError);
  expect((refused as Error).message).toMatch(reason);
  expect(await world.extract({ topic: name, format: 'text' })).toMatchObject({ rows: values.length });
});

test('a number that JSON does not know is sent as null', { timeout: long }, async () => {
  const name = await world.topic(1);
  const statement = `SELECT 1 AS n, 'nan'::DOUBLE AS share, '-infinity'::FLOAT AS least, 0.5::DOUBLE AS half`;
  const { table } = (await runStep(sqlRun, sql, { on: 'lake', statement, into: 'limits' }, world.call())) as { table: TableRef };
  await world.send(table, { topic: name, key: 'share' });
  const taken = await world.extract({ topic: name });
  expect(await world.rowsOf(`SELECT kafka_key, n, share, least, half FROM ${taken.table.table}`)).toEqual([
    { kafka_key: null, n: 1, share: null, least: null, half: 0.5 },
  ]);
});

test('what can never succeed is refused', { timeout: long }, async () => {
  const name = await world.topic(1);
  const from = await world.made(1);
  await expect(world.send(from, { topic: 'nobody' })).rejects.toBeInstanceOf(ValidationError);
  await expect(world.send(from, { topic: name, key: 'nobody' })).rejects.toThrow("no column 'nobody'");
  await expect(world.extract({ topic: 'nobody' })).rejects.toBeInstanceOf(ValidationError);
  const producer = world.client().producer();
  await producer.connect();
  await producer.send({ topic: name, messages: [{ value: 'no JSON' }] });
  await producer.disconnect();
  await expect(world.extract({ topic: name })).rejects.toThrow(/partition 0, offset \d+ is no JSON object/);
});

test('who may not is told so', { timeout: long }, async () => {
  const name = await world.topic(1);
  const allow = (resourceType: AclResourceTypes, resourceName: string, operation: AclOperationTypes) => ({
    resourceType,
    resourceName,
    resourcePatternType: ResourcePatternTypes.PREFIXED,
    principal: 'User:writer',
    host: '*',
    operation,
    permissionType: AclPermissionTypes.ALLOW,
  });
  await world.admin.createAcls({
    acl: [
      allow(AclResourceTypes.TOPIC, name, AclOperationTypes.WRITE),
      allow(AclResourceTypes.TOPIC, name, AclOperationTypes.READ),
      allow(AclResourceTypes.TRANSACTIONAL_ID, 'headrace-', AclOperationTypes.WRITE),
      allow(AclResourceTypes.GROUP, 'headrace-', AclOperationTypes.READ),
    ],
  });
  const from = await world.made(1);
  expect(await world.send(from, { topic: name }, world.call({}, world.as('writer')))).toMatchObject({ rows: 1 });
  expect(await world.extract({ topic: name }, world.call({}, world.as('writer')))).toMatchObject({ rows: 1 });
  await expect(world.send(from, { topic: name }, world.call({}, world.as('reader')))).rejects.toBeInstanceOf(PermissionDeniedError);
  await expect(world.extract({ topic: name }, world.call({}, world.as('reader')))).rejects.toBeInstanceOf(PermissionDeniedError);
  await expect(world.send(from, { topic: name }, world.call({}, world.as('writer', 'wrong')))).rejects.toBeInstanceOf(PermissionDeniedError);
  await expect(tryConnection(world.as('writer', 'wrong'), 'bus')).rejects.toBeInstanceOf(PermissionDeniedError);
  expect(await doctorSays({ bus: world.as('writer', 'wrong') })).toEqual({ bus: expect.stringMatching(/^✗ .*[Aa]uthentication.*\n fix: /) });
  expect(await tryConnection(world.as('writer'), 'bus')).toBe('Kafka with 1 brokers, 1 topics can be seen');
});

test('a cluster with TLS is trusted by the authority that `ca` names, and not without', { timeout: long }, async () => {
  const bus: Bus = { kind: 'kafka', brokers: [world.kafka.tls.broker], tls: true };
  const name = await world.topic();
  expect(await world.send(await world.made(3), { topic: name }, world.call({}, { ...bus, ca: world.kafka.tls.ca }))).toMatchObject({ rows: 3 });
  expect(await tryConnection({ ...bus, ca: world.kafka.tls.ca }, 'bus')).toMatch(/^Kafka with 1 brokers/);
  await expect(tryConnection(bus, 'bus')).rejects.toMatchObject({ name: 'ValidationError', code: 'bad_connection', fix: expect.stringContaining('`ca`') });
});

test('a broker that is killed in the middle of an export costs no row and doubles none', { timeout: 2 * long }, async () => {
  const name = await world.topic();
  const context = world.call();
  const exported = world.send(await world.made(many), { topic: name, batch: 50 }, context);
  await told(200, context);
  await world.kafka.halt();
  expect(rowsTold(context)).toBeLessThan(many);
  await world.kafka.resume();
  expect(await exported).toMatchObject({ rows: many });
  await world.sees(name, many);
});

test('a broker that is away when an extraction begins is waited for', { timeout: 2 * long }, async () => {
  const name = await world.topic();
  await world.send(await world.made(many), { topic: name });
  await world.sees(name, many);
  await world.kafka.halt();
  const extracted = world.extract({ topic: name });
  await world.kafka.resume();
  expect(await world.counted(await extracted)).toEqual([{ messages: many, different: many }]);
});

test('a broker that is killed in the middle of an extraction costs no row and doubles none', { timeout: 2 * long }, async () => {
  const rows = 40_000;
  const name = await world.largeTopic(rows);
  const context = world.call();
  const extracted = world.extract({ topic: name }, context);
  await told(1, context);
  await world.kafka.halt();
  expect(rowsTold(context)).toBeLessThan(rows);
  await world.kafka.resume();
  expect(await world.counted(await extracted)).toEqual([{ messages: rows, different: rows }]);
});
