import type { Migration } from './migration.js';

/** API keys. A key is known by its id, which is no secret; of its secret there is only a hash, and after a rotation that of the one before. */
export const access: Migration = {
  number: 3,
  name: 'access',
  sql: `
create table api_key (
  id text primary key,
  name text not null,
  tenant text not null,
  grants jsonb not null,
  hash text not null,
  previous_hash text,
  previous_until timestamptz,
  created_by text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,
  unique (tenant, name)
);
`,
};
