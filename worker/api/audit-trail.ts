import { setTimeout as wait } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import { local } from '../auth/principal.js';
import type { RunRecord } from '../events/index.js';
import type { Log } from '../logging/log.js';
import { type AuditEntry, appendAudit } from '../registry/audit-log.js';
import type { Database } from '../registry/database.js';

/** Milliseconds that an entry may wait for the registry. */
const patience = 20_000;
/** Milliseconds that the registry has at the end for what it is writing. */
const grace = 2_000;
const interval = 100;
/** Entries in one transaction: a statement takes 65,535 parameters. */
const together = 5_000;

/**
 * Enters in the audit log what requests have done, behind their answers: no request waits for the registry, or fails with it. What
 * the registry does not take in time is told by the process' log alone, as a line `audit` with the same fields.
 */
export class AuditTrail {
  private waiting: AuditEntry[] = [];
  private writing: Promise<void> | undefined;
  private underway: Promise<void> | undefined;
  private closing = false;
  private readonly giveUp = new AbortController();

  constructor(
    private readonly record: Pick<RunRecord, 'database'>,
    private readonly log: Log,
    private readonly within = patience,
  ) {}

  /** Costs nothing and never fails. */
  enter(entry: AuditEntry): void {
    this.waiting.push({ ...entry, at: new Date() });
    this.writing ??= this.write();
  }

  /** Settles when everything is entered or logged, within a moment. */
  async close(): Promise<void> {
    this.closing = true;
    const force = setTimeout(() => this.giveUp.abort(), grace);
    await this.writing;
    clearTimeout(force);
  }

  /** What comes while a transaction is under way goes into the next one together. */
  private async write(): Promise<void> {
    while (this.waiting.length > 0) {
      const entries = this.waiting.splice(0, together);
      await this.append(entries).catch((error: Error) => this.tell(entries, error));
    }
    this.writing = undefined;
  }

  private async append(entries: AuditEntry[]): Promise<void> {
    const limit = AbortSignal.any([AbortSignal.timeout(this.within), this.giveUp.signal]);
    const database = await this.opened(limit);
    if (this.underway !== undefined) throw new Error('The registry has not answered since an entry before.');
    this.underway = appendAudit(database, ...entries).finally(() => {
      this.underway = undefined;
    });
    await Promise.race([this.underway, rejection(limit)]);
  }

  /** Waits for a registry that is being opened, without having it opened sooner. */
  private async opened(limit: AbortSignal): Promise<Kysely<Database>> {
    while (this.record.database === undefined && !this.closing && !limit.aborted) await wait(interval);
    if (this.record.database === undefined) throw new Error('The registry is not open.');
    return this.record.database;
  }

  private tell(entries: AuditEntry[], { message: why }: Error): void {
    // Where nobody logs in, there is nobody to name: that is worth no warning.
    for (const { once: _, ...entry } of entries) this.log[entry.actor === local.name ? 'info' : 'warn']({ audit: entry, why }, 'audit');
  }
}

function rejection(limit: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    limit.addEventListener('abort', () => reject(new Error('The registry did not answer in time; it may have the entry all the same.')), { once: true });
  });
}
