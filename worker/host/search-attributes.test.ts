import { randomUUID } from 'node:crypto';
import { msToTs } from '@temporalio/common/lib/time.js';
import { NativeConnection } from '@temporalio/worker';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { searchAttributes } from '../../sdk/authoring/run-memo.js';
import { shop } from '../../sdk/node/fixtures/pipelines/shop.js';
import { connect } from '../../sdk/node/index.js';
import { until } from '../../test/faults/until.js';
import { requireSearchAttributes } from './search-attributes.js';

const { address } = inject('temporal');
const names = searchAttributes.map(({ name }) => name);

let connection: NativeConnection;
beforeAll(async () => {
  connection = await NativeConnection.connect({ address });
});
afterAll(() => connection?.close());

/** A namespace in which nothing is registered yet. */
async function bareNamespace(): Promise<string> {
  const namespace = `bare-${randomUUID()}`;
  await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: msToTs('1 day') });
  const registered = () => connection.operatorService.listSearchAttributes({ namespace }).catch(() => undefined);
  await until(registered, (it) => it !== undefined);
  return namespace;
}

test('a start in a namespace without the search attributes names the command that registers them', async () => {
  const namespace = await bareNamespace();
  const client = await connect({ address, namespace, taskQueue: 'nobody' });
  const started = client.start(shop, {});
  await expect(started).rejects.toMatchObject({
    code: 'search_attributes_missing',
    fix: expect.stringMatching(new RegExp(`^temporal operator search-attribute create --namespace ${namespace} --name ${names[0]}`)),
  });
  await client.close();
});

test("a worker's start registers them, and once more changes nothing", async () => {
  const namespace = await bareNamespace();
  for (let time = 0; time < 2; time += 1) {
    await requireSearchAttributes(connection, namespace);
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    expect(Object.keys(customAttributes ?? {})).toEqual(expect.arrayContaining(names));
  }
});

test('an unknown namespace is named with the command that creates it', async () => {
  await expect(requireSearchAttributes(connection, 'nobody-knows')).rejects.toMatchObject({
    code: 'no_temporal',
    fix: 'Create it: temporal operator namespace create nobody-knows; or name another: TEMPORAL_NAMESPACE.',
  });
});
