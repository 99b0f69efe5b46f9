import { Connection } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { createTransport } from 'nodemailer';
import pg from 'pg';
import { expect, inject, test } from 'vitest';
import { startMailSink } from './smtp.js';

test('the shared Temporal server has the namespace and the search attributes', async () => {
  const { address, namespace } = inject('temporal');
  const connection = await Connection.connect({ address });
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  expect(Object.keys(customAttributes)).toEqual(expect.arrayContaining(['HeadraceState', 'HeadraceTenant', 'HeadracePipeline', 'HeadracePartition']));
  await connection.close();
});

test.skipIf(!inject('postgresUrl'))('the shared PostgreSQL answers', async () => {
  const client = new pg.Client(inject('postgresUrl'));
  await client.connect();
  const { rows } = await client.query('SELECT current_database() AS name');
  expect(rows).toEqual([{ name: 'headrace' }]);
  await client.end();
});

test.skipIf(!inject('timeSkippingServer'))('the time-skipping server sleeps an hour in no time', async () => {
  const path = inject('timeSkippingServer') as string;
  const environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path } },
  });
  const before = await environment.currentTimeMs();
  const begun = Date.now();
  await environment.sleep('1 hour');
  expect((await environment.currentTimeMs()) - before).toBeGreaterThanOrEqual(3_600_000);
  expect(Date.now() - begun).toBeLessThan(10_000);
  await environment.teardown();
});

test('the mail sink keeps what it is sent', async () => {
  const sink = await startMailSink();
  const transport = createTransport(sink.url);
  await transport.sendMail({ from: 'a@example.org', to: 'b@example.org', subject: 'Greetings', text: 'Hello' });
  expect(sink.mails).toMatchObject([{ from: 'a@example.org', to: ['b@example.org'] }]);
  expect(sink.mails[0]?.raw).toContain('Subject: Greetings');
  await sink.stop();
});
