import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { openRegistry, type RegistrySettings } from './open-registry.js';
import type { Registry } from './registry.js';

export type RegistryKind = Registry['kind'];

/** A place for a registry of its own, which is removed with everything in it. */
export interface RegistryPlace {
  settings: RegistrySettings;
  open(further?: RegistrySettings): Promise<Registry>;
  remove(): Promise<void>;
}

/** A place for a registry; undefined where there is no PostgreSQL. */
export async function registryPlace(kind: RegistryKind, postgresUrl: string | undefined): Promise<RegistryPlace | undefined> {
  if (kind === 'embedded') return embeddedPlace();
  return postgresUrl === undefined ? undefined : postgresPlace(postgresUrl);
}

/** A place for an embedded registry. */
export function embeddedPlace(): RegistryPlace {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-registry-'));
  const settings = { url: '', folder };
  return { settings, open: (further) => openRegistry({ ...settings, ...further }), remove: async () => rmSync(folder, { recursive: true, force: true }) };
}

async function postgresPlace(server: string): Promise<RegistryPlace> {
  const name = `registry_${randomUUID().replaceAll('-', '')}`;
  await ask(server, `create database ${name}`);
  const url = new URL(server);
  url.pathname = name;
  const settings = { url: url.href };
  return { settings, open: (further) => openRegistry({ ...settings, ...further }), remove: () => ask(server, `drop database ${name} with (force)`) };
}

async function ask(url: string, statement: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(statement);
  await client.end();
}
