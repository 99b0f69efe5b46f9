import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { freePort } from './port.js';
import { identify, isRunning, type ProcessIdentity } from './process-identity.js';
import { startTemporal } from './temporal-server.js';

let stateFolder: string;
beforeEach(() => {
  stateFolder = mkdtempSync(join(tmpdir(), 'headrace-state-'));
});
afterEach(() => rmSync(stateFolder, { recursive: true, force: true }));

test('a waiting run is still there after stop and start', async () => {
  const first = await startTemporal({ stateFolder });
  await startRun(first.address, first.namespace, 'waits');
  await first.stop();
  const second = await startTemporal({ stateFolder });
  expect(await statusOf(second.address, second.namespace, 'waits')).toBe('RUNNING');
  await second.stop();
});

test('an owner killed with -9 takes its server along, and the runs are kept', async () => {
  const { owner, server, address } = await startInAnotherProcess();
  await startRun(address, 'matih-pipelines', 'waits');
  owner.kill('SIGKILL');
  await ended(server);
  const next = await startTemporal({ stateFolder });
  expect(await statusOf(next.address, next.namespace, 'waits')).toBe('RUNNING');
  await next.stop();
});

test('a server that lost its owner and its leash is ended at the next start', async () => {
  const { owner, server, leash } = await startInAnotherProcess();
  process.kill(leash, 'SIGKILL');
  owner.kill('SIGKILL');
  await wait(1500);
  expect(isRunning(server)).toBe(true);
  const next = await startTemporal({ stateFolder });
  expect(isRunning(server)).toBe(false);
  await next.stop();
});

test('the console asks for what is encrypted where it is told to', async () => {
  const codecEndpoint = 'http://127.0.0.1:8092/v1/codec/matih-pipelines';
  const server = await startTemporal({ stateFolder, codecEndpoint });
  const settings = (await (await fetch(`${server.uiUrl}/api/v1/settings`)).json()) as { Codec: unknown };
  expect(settings.Codec).toMatchObject({ Endpoint: codecEndpoint });
  await server.stop();
});

test('a second server on the same folder is refused while the first lives', async () => {
  const first = await startTemporal({ stateFolder });
  await expect(startTemporal({ stateFolder })).rejects.toMatchObject({ code: 'state_in_use' });
  await first.stop();
});

test('a taken port is refused with the name of its holder', async () => {
  const port = await freePort();
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(port, '127.0.0.1', resolve));
  const message = expect.stringContaining(`pid ${process.pid} (`);
  await expect(startTemporal({ stateFolder, port })).rejects.toMatchObject({ code: 'port_taken', message });
  expect(await freePort(port)).not.toBe(port);
  holder.close();
});

test('a port that another program takes before the server binds it is replaced by another one, the console’s too', async () => {
  const [taken, port, takenByConsole, uiPort] = [await listening(), await freePort(), await listening(), await freePort()];
  const chosen = [taken.port, uiPort, port, takenByConsole.port, port, uiPort];
  const server = await startTemporal({ stateFolder }, async () => chosen.shift() as number);
  expect(server).toMatchObject({ address: `127.0.0.1:${port}`, uiUrl: `http://127.0.0.1:${uiPort}` });
  expect(chosen).toEqual([]);
  await server.stop();
  await Promise.all([taken.close(), takenByConsole.close()]);
});

test('a port that was asked for and is taken before the server binds it is refused, with its holder', async () => {
  const port = await freePort();
  let holder: Awaited<ReturnType<typeof listening>> | undefined;
  const taking = async () => {
    holder ??= await listening(port);
    return freePort();
  };
  await expect(startTemporal({ stateFolder, port }, taking)).rejects.toMatchObject({
    code: 'port_taken',
    message: expect.stringContaining(`pid ${process.pid} (`),
  });
  await holder?.close();
});

test('ports that are always taken end in a refusal', async () => {
  const { port, close } = await listening();
  let chosen = 0;
  const always = async () => (chosen += 1) && port;
  await expect(startTemporal({ stateFolder }, always)).rejects.toMatchObject({ code: 'no_temporal', fix: expect.stringContaining('temporal.log') });
  expect(chosen).toBe(10);
  await close();
});

test('with an address nothing is started, and stop leaves the server alone', async () => {
  const { address } = inject('temporal');
  const server = await startTemporal({ stateFolder, address });
  expect(server.pid).toBeUndefined();
  await server.stop();
  await expect(startTemporal({ stateFolder, address })).resolves.toMatchObject({ address });
});

test('an address where the namespace is missing is refused', async () => {
  const { address } = inject('temporal');
  const started = startTemporal({ stateFolder, address, namespace: 'nowhere' });
  await expect(started).rejects.toMatchObject({ code: 'no_temporal', message: expect.stringContaining('nowhere') });
});

async function listening(asked = 0): Promise<{ port: number; close: () => Promise<void> }> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(asked, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, close: () => new Promise((resolve) => server.close(() => resolve())) };
}

async function startRun(address: string, namespace: string, workflowId: string): Promise<void> {
  const connection = await Connection.connect({ address });
  await new Client({ connection, namespace }).workflow.start('nobody', { workflowId, taskQueue: 'nobody' });
  await connection.close();
}

async function statusOf(address: string, namespace: string, workflowId: string): Promise<string> {
  const connection = await Connection.connect({ address });
  const { status } = await new Client({ connection, namespace }).workflow.getHandle(workflowId).describe();
  await connection.close();
  return status.name;
}

async function startInAnotherProcess() {
  const script = `
    const { startTemporal } = await import(${JSON.stringify(new URL('./temporal-server.ts', import.meta.url).href)});
    const { pid, address } = await startTemporal({ stateFolder: ${JSON.stringify(stateFolder)} });
    console.log(JSON.stringify({ pid, address }));
    setTimeout(() => {}, 60_000);`;
  const owner = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const line = await new Promise<string>((resolve) => owner.stdout.once('data', (chunk) => resolve(String(chunk))));
  const { pid, address } = JSON.parse(line) as { pid: number; address: string };
  return { owner, server: identify(pid) as ProcessIdentity, address, leash: leashOf(owner) };
}

function leashOf(owner: ChildProcess): number {
  const children = readFileSync(`/proc/${owner.pid}/task/${owner.pid}/children`, 'utf8').trim().split(' ').map(Number);
  return children.find((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'sh') as number;
}

async function ended(server: ProcessIdentity): Promise<void> {
  for (const end = Date.now() + 10_000; isRunning(server); await wait(50)) {
    if (Date.now() > end) throw new Error(`pid ${server.pid} still runs`);
  }
}
