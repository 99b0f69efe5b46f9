import type { Kysely } from 'kysely';
import type { Database } from './database.js';
import type { Sealing } from './sealing.js';

/** The open registry. */
export interface Registry {
  database: Kysely<Database>;
  /** The database as one tenant may read it: a query that forgets the tenant finds nothing of the others. @throws HeadraceError no_tenant_wall */
  readAs(tenant: string): Kysely<Database>;
  kind: 'embedded' | 'postgres';
  /** How what runs carry is written. What is read through the database is in plain already. */
  sealing: Sealing;
  /** Asks the database for an answer. @throws HeadraceError registry_unreachable */
  ready(): Promise<void>;
  close(): Promise<void>;
}
