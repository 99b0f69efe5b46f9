import { X509Certificate } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { makeAuthority } from '../../../test/servers/certificates.js';
import { startTlsFront, type TlsFront } from '../../../test/servers/tls-front.js';
import { connectNative } from '../../../worker/host/connect-native.js';
import { makeWorker } from '../../../worker/host/run-worker.js';
import { Connections } from '../connections/connections.js';
import { hasty } from '../fixtures/pipelines/shop.js';
import { openWorkshop } from '../fixtures/workshop.fixture.js';
import { connect } from '../index.js';
import { readSecurity } from './temporal-security.js';

const folder = mkdtempSync(join(tmpdir(), 'headrace-certificates-'));
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

describe('settings', () => {
  const text = (bytes?: Uint8Array) => (bytes === undefined ? undefined : Buffer.from(bytes).toString());

  test('are read from references, and from the names that Temporal gives them', () => {
    const configured = { tls: { ca: 'env:CA', cert: `file:${file('cert', 'CERT')}`, key: 'env:KEY', serverName: 'temporal' }, apiKey: 'env:API' };
    const environment = { CA: 'CA', KEY: 'KEY', API: 'secret' };
    const { tls, apiKey } = readSecurity(configured, environment);
    const read = tls as Exclude<typeof tls, boolean | undefined>;
    expect([text(read.serverRootCACertificate), text(read.clientCertPair?.crt), text(read.clientCertPair?.key)]).toEqual(['CA', 'CERT', 'KEY']);
    expect([read.serverNameOverride, apiKey]).toEqual(['temporal', 'secret']);
    const named = {
      TEMPORAL_TLS_CLIENT_CERT_PATH: file('cert', 'CERT'),
      TEMPORAL_TLS_CLIENT_KEY_DATA: 'KEY',
      TEMPORAL_TLS_SERVER_CA_CERT_DATA: 'CA',
      TEMPORAL_TLS_SERVER_NAME: 'temporal',
      TEMPORAL_API_KEY: 'secret',
    };
    expect(readSecurity({}, named)).toEqual({ tls, apiKey });
    expect(readSecurity({ ...configured, apiKey: 'env:API' }, { ...environment, TEMPORAL_API_KEY: 'other', TEMPORAL_TLS_SERVER_NAME: 'else' })).toMatchObject({
      tls: { serverNameOverride: 'else' },
      apiKey: 'other',
    });
  });

  test.each([
    [undefined, undefined, undefined],
    [true, undefined, true],
    [undefined, 'true', true],
    [undefined, '1', true],
    [true, 'false', false],
    [false, undefined, false],
    [false, 'true', true],
  ] as const)('tls %s and TEMPORAL_TLS %s are %s', (tls, TEMPORAL_TLS, expected) => {
    expect(readSecurity({ tls }, { TEMPORAL_TLS }).tls).toBe(expected);
  });

  test('half of a certificate, and a file that is not there, are refused with the fix', () => {
    expect(() => readSecurity({ tls: { cert: 'c' } }, {})).toThrow(expect.objectContaining({ code: 'bad_settings', fix: expect.stringMatching(/KEY_PATH/) }));
    expect(() => readSecurity({}, { TEMPORAL_TLS_SERVER_CA_CERT_PATH: join(folder, 'none') })).toThrow(expect.objectContaining({ code: 'missing_secret' }));
    expect(() => readSecurity({ tls: { ca: 'env:NONE' } }, {})).toThrow(expect.objectContaining({ code: 'missing_secret' }));
  });
});

describe('a Temporal that takes clients with a certificate only', () => {
  const authority = makeAuthority();
  let front: TlsFront;

  beforeAll(async () => {
    front = await startTlsFront(inject('temporal').address, authority);
  });

  afterAll(() => front.close());

  const as = (name: string, by = authority, ca = authority) => readSecurity({ tls: { ca: ca.cert, ...by.issue(name) } }, {});

  test('the certificates are what they should be', () => {
    const { cert } = authority.issue('someone');
    expect(new X509Certificate(cert).verify(new X509Certificate(authority.cert).publicKey)).toBe(true);
  });

  test('is reached by client and worker with one, and a run goes through both', async () => {
    const { namespace } = inject('temporal');
    const workshop = await openWorkshop(inject('temporal'));
    const { taskQueue, catalogue } = workshop;
    const connection = await connectNative(front.address, as('worker'));
    const worker = await makeWorker({ catalogue, connections: Connections.of({}), connection, namespace, taskQueue, drain: 200 });
    const running = worker.run();
    const client = await connect({ address: front.address, namespace, taskQueue, ...as('client') });
    const run = await client.start(hasty, { ms: 0 });
    expect(await run.result()).toEqual({ rows: expect.any(Number) });
    expect([...front.clients].sort()).toEqual(['client', 'worker']);
    worker.shutdown();
    await running;
    await connection.close();
    await client.close();
    await workshop.close();
  });

  test('refuses one without, or with one of another authority, and a server of another authority is refused', async () => {
    const { namespace } = inject('temporal');
    const stranger = makeAuthority('stranger');
    const wrong = [{ tls: false }, readSecurity({ tls: { ca: authority.cert } }, {}), as('eve', stranger), as('eve', authority, stranger)];
    for (const security of wrong) {
      await expect(connect({ address: front.address, namespace, ...security })).rejects.toMatchObject({ code: 'no_temporal' });
      await expect(connectNative(front.address, security)).rejects.toMatchObject({ code: 'no_temporal' });
    }
    expect([...front.clients]).not.toContain('eve');
  });
});
