import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openRegistry, pipelineId, type Registry } from './index.js';

const noMount = mountable() ? undefined : 'left out: only root may mount a small disk';
let disk: string;

function mountable(): boolean {
  const place = mkdtempSync(join(tmpdir(), 'headrace-disk-'));
  try {
    mount(place, 'size=1m');
    unmount(place);
    return true;
  } catch {
    return false;
  } finally {
    rmdirSync(place);
  }
}

function mount(place: string, options: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', place], { stdio: 'ignore' });
}

function unmount(place: string): void {
  execFileSync('umount', ['--lazy', place], { stdio: 'ignore' });
}

const open = (): Promise<Registry> => openRegistry({ url: '', folder: join(disk, 'registry') });

async function pipelines({ database }: Registry): Promise<number> {
  return (await database.selectFrom('pipeline').select('id').execute()).length;
}

/** Writes until the disk refuses. @returns how many writes it took */
async function fill({ database }: Registry): Promise<number> {
  for (let count = 0; ; count += 1) {
    const text = Array.from({ length: 20_000 }, () => Math.random().toString(36)).join('');
    try {
      await sql`insert into filler values (${count}, ${text})`.execute(database);
    } catch (error) {
      expect((error as Error).message).toMatch(/No space left/);
      return count;
    }
  }
}

describe.skipIf(noMount)(`an embedded registry on a small disk${noMount === undefined ? '' : ` (${noMount})`}`, () => {
  beforeEach(() => {
    disk = mkdtempSync(join(tmpdir(), 'headrace-disk-'));
    mount(disk, 'size=64m');
  });
  afterEach(() => {
    unmount(disk);
    rmdirSync(disk);
  });

  test('keeps what was committed when the disk is full, says so, and goes on when there is room', async () => {
    const registry = await open();
    await pipelineId(registry.database, 'before');
    await sql`create table filler (id integer primary key, text text)`.execute(registry.database);
    const written = await fill(registry);
    expect(await pipelines(registry)).toBe(1);
    execFileSync('mount', ['-o', 'remount,size=128m', disk]);
    await pipelineId(registry.database, 'after');
    await registry.close();
    const again = await open();
    expect(await pipelines(again)).toBe(2);
    const { rows } = await sql<{ count: number }>`select count(*) from filler`.execute(again.database);
    expect(rows[0]?.count).toBe(written);
    await again.close();
  });

  test('is refused where it does not fit at all, and opens when there is room', async () => {
    const { bavail, bsize } = statfsSync(disk);
    const filler = join(disk, 'filler');
    writeFileSync(filler, Buffer.alloc(bavail * bsize - 8_000_000));
    await expect(open()).rejects.toMatchObject({ code: 'registry_unreadable', fix: expect.stringMatching(/room on the disk/) });
    rmSync(filler);
    const registry = await open();
    expect(await pipelines(registry)).toBe(0);
    await registry.close();
  });

  test('is refused on a disk that takes no writes', async () => {
    await (await open()).close();
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    await expect(open()).rejects.toMatchObject({
      code: 'registry_unreadable',
      message: expect.stringMatching(/read-only/),
      fix: expect.stringMatching(/right/),
    });
  });

  test.each(['global/pg_control', 'PG_VERSION'])('is refused with a corrupt %s, and what helps', async (file) => {
    await (await open()).close();
    writeFileSync(join(disk, 'registry/data', file), Buffer.alloc(8_192, 7));
    await expect(open()).rejects.toMatchObject({ code: 'registry_unreadable', fix: expect.stringMatching(/remove it: .*projected again/) });
    rmSync(join(disk, 'registry/data'), { recursive: true });
    const again = await open();
    expect(await pipelines(again)).toBe(0);
    await again.close();
  });
});
