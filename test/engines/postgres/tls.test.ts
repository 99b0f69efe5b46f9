import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ValidationError } from '../../../sdk/index.js';
import { until } from '../../faults/until.js';
import { makeAuthority } from '../../servers/certificates.js';
import { doctorSays } from '../doctor.js';
import { World } from './world.js';

const authority = makeAuthority();
let world: World;

beforeAll(async () => {
  world = await World.open(['sealed']);
  const at = (url: string) => url.replace('127.0.0.1', 'localhost');
  const sealed = world.as('sealed');
  world.connect('trusting', { ...sealed, ca: authority.cert });
  world.connect('named', { ...sealed, url: at(sealed.url), ca: authority.cert });
  world.connect('misled', { ...sealed, ca: makeAuthority('another').cert });
  world.connect('careful', { ...sealed, url: `${sealed.url}?sslmode=verify-full` });
  world.connect('hasty', { ...world.as('headrace'), ca: authority.cert });
  await expect(world.sql('SELECT 1 AS one', { on: 'hasty' })).rejects.toMatchObject({
    code: 'bad_connection',
    message: "PostgreSQL of 'hasty' has no TLS, and the connection asks for it.",
    fix: expect.stringContaining('ssl = on'),
  });
  await encrypt();
});
afterAll(() => world?.close());

/** From here on the server has a certificate of the authority, and takes the role `sealed` by TLS only. */
async function encrypt(): Promise<void> {
  const [row] = await world.ask('SHOW data_directory');
  const folder = String(row?.data_directory);
  const { cert, key } = authority.issue('postgres');
  await write(join(folder, 'of-ours.crt'), cert);
  await write(join(folder, 'of-ours.key'), key);
  await write(join(folder, 'pg_hba.conf'), 'host all headrace 127.0.0.1/32 trust\nhostssl all all 127.0.0.1/32 trust\nhostssl all all ::1/128 trust\n');
  await world.ask("ALTER SYSTEM SET ssl_cert_file = 'of-ours.crt'");
  await world.ask("ALTER SYSTEM SET ssl_key_file = 'of-ours.key'");
  await world.ask('ALTER SYSTEM SET ssl = on');
  await world.ask('SELECT pg_reload_conf()');
  await until(
    () => world.ask('SHOW ssl'),
    ([shown]) => shown?.ssl === 'on',
  );
}

/** Written by the server itself, as whoever it runs. */
async function write(file: string, text: string): Promise<void> {
  await world.ask(`COPY (SELECT unnest(string_to_array('${text.trim()}', E'\\n'))) TO PROGRAM 'umask 077 && cat > ${file}'`);
}

test('a server whose authority the connection names is trusted, also by its name, and what goes there is encrypted', async () => {
  for (const on of ['trusting', 'named'])
    expect(await world.sql('SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()', { on })).toMatchObject({
      rows: [{ ssl: true, version: expect.stringMatching(/^TLSv1\.[23]$/) }],
    });
  const table = world.freshTable();
  await world.ask(`CREATE TABLE ${table} (n int); INSERT INTO ${table} SELECT generate_series(1, 100); GRANT SELECT ON ${table} TO sealed`);
  expect(await world.extract({ on: 'trusting', statement: `SELECT n FROM ${table}` })).toMatchObject({ rows: 100 });
});

test.each([
  ['misled', /^PostgreSQL of 'misled': its certificate is not trusted/, /`ca`/],
  ['careful', /^PostgreSQL of 'careful': its certificate is not trusted/, /`ca`/],
  ['sealed', /no pg_hba\.conf entry .*no encryption/, /by TLS only.*`ca`.*sslmode/],
])('%s is refused with the cause and the fix, and not tried again', async (on, message, fix) => {
  const error: unknown = await world.sql('SELECT 1 AS one', { on }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ValidationError);
  expect(error).toMatchObject({ code: 'bad_connection', where: on, message: expect.stringMatching(message), fix: expect.stringMatching(fix) });
});

test('doctor says the same', async () => {
  const sealed = world.as('sealed');
  const told = await doctorSays({ right: { ...sealed, ca: authority.cert }, wrong: { ...sealed, ca: makeAuthority().cert }, none: sealed });
  expect(told).toEqual({
    right: expect.stringMatching(/^✓ .*PostgreSQL \d+/),
    wrong: expect.stringMatching(/^✗ .*not trusted.*\n fix: .*`ca`/),
    none: expect.stringMatching(/^✗ .*no encryption.*\n fix: .*TLS only/),
  });
});
