import type { Kysely } from 'kysely';
import type { ApiKeyRow, Database } from '../registry/database.js';
import { inTime } from '../registry/in-time.js';
import { fitsKey, idOfKey } from './api-key.js';
import { type Principal, parseGrant } from './principal.js';
import { Unauthenticated } from './unauthenticated.js';

interface Known {
  row: ApiKeyRow;
  readAt: number;
  usedAt: number;
}

/** Milliseconds for which what was read of a key is taken as it is: a key that another process revoked is refused after that. */
const fresh = 5_000;
/** … while the registry is away, so that its outage is none of the API's. */
const stale = 300_000;
const usedEvery = 60_000;

/** Checks keys against the registry. */
export class KeyCheck {
  private readonly known = new Map<string, Known>();
  private forgets = 0;

  /** @param open gives the registry's database, or fails while it is away */
  constructor(private readonly open: () => Promise<Kysely<Database>>) {}

  /** Who sends this key. @throws Unauthenticated, or what keeps the registry from being read */
  async check(text: string): Promise<Principal> {
    const id = idOfKey(text);
    const known = id === undefined ? undefined : await this.find(id);
    if (known === undefined || !fitsKey(known.row, text, Date.now()))
      throw new Unauthenticated('There is no such API key, or it has expired or is revoked.', true);
    this.used(known);
    const { name, tenant, grants } = known.row;
    return { name: `key:${name}`, tenant, grants: (grants as string[]).map(parseGrant) };
  }

  /** Reads the key anew when it is next sent. */
  forget(id: string): void {
    this.forgets += 1;
    this.known.delete(id);
  }

  private async find(id: string): Promise<Known | undefined> {
    const before = this.known.get(id);
    const { forgets } = this;
    const now = Date.now();
    if (before !== undefined && now - before.readAt < fresh) return before;
    try {
      const reading = this.read(id);
      const row = await (before === undefined ? reading : inTime(reading));
      if (row === undefined) return void this.known.delete(id);
      const known = { row, readAt: now, usedAt: before?.usedAt ?? 0 };
      // What was read before the key was changed is not good after it.
      if (forgets === this.forgets) this.known.set(id, known);
      return known;
    } catch (error) {
      if (before !== undefined && now - before.readAt < stale) return before;
      throw error;
    }
  }

  private async read(id: string): Promise<ApiKeyRow | undefined> {
    return (await this.open()).selectFrom('api_key').selectAll().where('id', '=', id).executeTakeFirst();
  }

  /** Notes that a key is in use, now and then and beside the request. */
  private used(known: Known): void {
    const now = Date.now();
    if (now - known.usedAt < usedEvery) return;
    known.usedAt = now;
    const note = async () =>
      (await this.open())
        .updateTable('api_key')
        .set({ last_used_at: new Date(now) })
        .where('id', '=', known.row.id)
        .execute();
    note().catch(() => undefined);
  }
}
