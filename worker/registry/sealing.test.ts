import { sql } from 'kysely';
import { afterEach, describe, expect, inject, test } from 'vitest';
import { KeyRing, newKey } from '../../sdk/node/encryption/key-ring.js';
import { pipelineId } from './record-pipelines.js';
import { type RegistryPlace, registryPlace } from './registry.fixture.js';
import type { Registry } from './registry.js';

const kinds = inject('postgresUrl') === undefined ? (['embedded'] as const) : (['embedded', 'postgres'] as const);
const [first, second] = [newKey('first'), newKey('second')];
const secret = 'planted-8f1c';
let place: RegistryPlace | undefined;

afterEach(async () => {
  await place?.remove();
  place = undefined;
});

async function openPlace(kind: Registry['kind'], keys?: readonly { id: string; key: string }[]): Promise<Registry> {
  place ??= await registryPlace(kind, inject('postgresUrl'));
  if (place === undefined) throw new Error(`There is no ${kind}.`);
  return place.open({ encryption: keys && KeyRing.of(keys) });
}

async function reopen(registry: Registry, keys?: readonly { id: string; key: string }[]): Promise<Registry> {
  await registry.close();
  return openPlace(registry.kind, keys);
}

async function writeRun({ database, sealing }: Registry, workflow_id: string): Promise<void> {
  await database
    .insertInto('pipeline_execution')
    .values({
      pipeline_id: await pipelineId(database, 'sealed'),
      workflow_id,
      run_id: workflow_id,
      trigger: 'client',
      status: 'FAILED',
      start_date: new Date(),
      input: sealing.json({ card: secret }),
      output: sealing.json(undefined),
      error: sealing.json({ type: 'RangeError', message: secret }),
      reason: sealing.text(`${secret} is no card`),
    })
    .execute();
}

const readRuns = ({ database }: Registry) =>
  database.selectFrom('pipeline_execution').select(['workflow_id', 'input', 'output', 'error', 'reason', 'status']).orderBy('workflow_id').execute();
const inPlain = { input: { card: secret }, output: null, error: { type: 'RangeError', message: secret }, reason: `${secret} is no card`, status: 'FAILED' };

/** Each row as the database has it: a cast is nothing that is decrypted. */
async function dump({ database }: Registry): Promise<string> {
  const { rows } = await sql<{ row: string }>`select '> ' || (pipeline_execution.*)::text as row from pipeline_execution`.execute(database);
  return rows.map(({ row }) => row).join('\n');
}

describe.each(kinds)('what runs carry, in the %s registry', (kind) => {
  test('is encrypted, read as it was, and looked for in vain', async () => {
    const registry = await openPlace(kind, [first]);
    await writeRun(registry, 'a');
    expect(await readRuns(registry)).toEqual([{ workflow_id: 'a', ...inPlain }]);
    expect(await dump(registry)).not.toContain(secret);
    expect(await dump(registry)).toContain('first');
    await registry.close();
  });

  test('stays readable when keys are replaced, and when encryption is switched on', async () => {
    let registry = await openPlace(kind);
    await writeRun(registry, 'a');
    expect(await dump(registry)).toContain(secret);
    registry = await reopen(registry, [first]);
    await writeRun(registry, 'b');
    registry = await reopen(registry, [second, first]);
    await writeRun(registry, 'c');
    expect(await readRuns(registry)).toEqual(['a', 'b', 'c'].map((workflow_id) => ({ workflow_id, ...inPlain })));
    await registry.close();
  });

  test.each([
    ['without the key', [second], 'missing_key'],
    ['without any key', undefined, 'missing_key'],
    ['with another key of that name', [{ ...second, id: 'first' }], 'undecipherable'],
  ])('%s says so in its place, and the other columns and rows are read', async (_, keys, code) => {
    let registry = await openPlace(kind, [first]);
    await writeRun(registry, 'a');
    registry = await reopen(registry, keys);
    const refusal = { type: 'Unreadable', code, where: 'first', fix: expect.any(String), message: expect.stringContaining("'first'") };
    expect(await readRuns(registry)).toEqual([
      { workflow_id: 'a', status: 'FAILED', output: null, input: refusal, error: refusal, reason: expect.stringContaining("'first'") },
    ]);
    await registry.close();
  });
});
