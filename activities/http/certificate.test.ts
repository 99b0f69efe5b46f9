import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeAuthority } from '../../test/servers/certificates.js';
import { closeTransports, send } from '../engines/trino/transport.js';
import { askServer } from '../outside/rest-server.js';

const authority = makeAuthority();
const stranger = makeAuthority('somebody else');
const server = createServer(authority.issue('server'), (_, answer) => answer.end('"here"'));
const { signal } = new AbortController();
let port: number;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  closeTransports();
  server.closeAllConnections();
  server.close();
});

/** Who asks servers by a `ca` of the connection. */
const ways = {
  'REST servers, as Airflow and Flink': async (url: string, ca?: string) =>
    (await askServer({ system: 'Flink', connection: 'there', url, ca }, { path: '', anyForm: true, signal })).text,
  Trino: async (url: string, ca?: string) =>
    (await send({ connection: 'there', server: url, ca, patience: 30_000, signal }, { method: 'GET', url: `${url}/v1/info`, headers: {} })).text,
};

describe.each(Object.entries(ways))('%s', (_, ask) => {
  test('are trusted by the authority that `ca` names', async () => {
    expect(await ask(`https://127.0.0.1:${port}`, authority.cert)).toBe('"here"');
  });

  test.each([
    ['no authority is named', undefined],
    ['another one is named', stranger.cert],
    ['one of its name with another key is named', makeAuthority().cert],
  ])('are refused at once where %s, and the fix says so', async (_case, ca) => {
    await expect(ask(`https://127.0.0.1:${port}`, ca)).rejects.toMatchObject({
      name: 'ValidationError',
      code: 'bad_connection',
      message: expect.stringContaining('its certificate is not trusted'),
      fix: expect.stringContaining('`ca`'),
    });
  });

  test('are refused where the certificate is for another name', async () => {
    await expect(ask(`https://127.0.0.2:${port}`, authority.cert)).rejects.toMatchObject({
      code: 'bad_connection',
      message: expect.stringContaining('does not hold'),
    });
  });
});
