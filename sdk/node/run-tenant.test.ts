import { randomUUID } from 'node:crypto';
import type { Context } from '@temporalio/activity';
import { Connection, Client as TemporalClient } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, expect, inject, test, vi } from 'vitest';
import * as z from 'zod';
import { pipeline } from '../index.js';
import { type Client, connect } from './client.js';
import { tenantOfRun } from './run-tenant.js';

const { address, namespace } = inject('temporal');
const nothing = pipeline('nothing', { input: z.object({}), output: z.object({}) }, async () => ({}));
let client: Client;
let temporal: TemporalClient;

beforeAll(async () => {
  client = await connect({ address, namespace, taskQueue: `tenants-${randomUUID()}` });
  temporal = new TemporalClient({ connection: await Connection.connect({ address }), namespace });
});
afterAll(async () => {
  await client.close();
  await temporal.connection.close();
});

afterEach(() => {
  vi.restoreAllMocks();
});

/** What a step of a run sees of Temporal. */
async function stepOf(options: { tenant?: string }) {
  const { workflowId, runId } = await client.start(nothing, {}, options);
  return { client: temporal, info: { workflowExecution: { workflowId, runId } } } as unknown as Context;
}

test('a step knows whose run it works for, and Temporal is asked once per run', async () => {
  const [ours, plain] = [await stepOf({ tenant: 'ours' }), await stepOf({})];
  const asked = vi.spyOn(temporal.workflow, 'getHandle');
  expect(await Promise.all([tenantOfRun(ours), tenantOfRun(ours), tenantOfRun(plain)])).toEqual(['ours', 'ours', 'default']);
  expect(await tenantOfRun(ours)).toBe('ours');
  expect(asked).toHaveBeenCalledTimes(2);
});

test('a run that Temporal does not know fails, and is asked for again', async () => {
  const unknown = { client: temporal, info: { workflowExecution: { workflowId: 'nobody', runId: randomUUID() } } } as unknown as Context;
  const asked = vi.spyOn(temporal.workflow, 'getHandle');
  await expect(tenantOfRun(unknown)).rejects.toThrow();
  await expect(tenantOfRun(unknown)).rejects.toThrow();
  expect(asked).toHaveBeenCalledTimes(2);
});
