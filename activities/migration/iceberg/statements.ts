import { Refused } from '../../../sdk/index.js';
import { quoteLiteral } from '../../engines/dialect.js';
import type { IcebergTable } from '../../load/iceberg/iceberg-table.js';
import type { Lakehouse } from '../../load/iceberg/lakehouse.js';
import { type Lines, whereMissing } from '../../load/iceberg/lines.js';
import { type Proof, proofOf } from './proof.js';

/** What is written of migrations. */
export type Event = 'BACKUP' | 'INTENT' | 'STATEMENT' | 'APPLIED' | 'RESTORING';

/** Under which keys it is written. */
export interface Keys {
  /** The call that applies. */
  readonly call: string;
  /** The backup that brings back what was before. */
  readonly backup: string;
}

/** A statement as it was written down before Trino began it. */
interface Intent {
  /** How many statements come before it. */
  readonly number: number;
  readonly query: string;
  /** Where Trino was to be asked to begin it. */
  readonly page?: string;
  readonly proof: Proof;
  /** The snapshot before it, where it makes one. */
  readonly base?: string;
  /** The table's definition before it, where it changes that. */
  readonly definition?: string;
  readonly backup: string;
}

/**
 * A migration's statements, which Trino runs one after another, each once. Each is written down with its query before Trino begins it. Whoever comes after a lost answer or a
 * dead worker ends that query and looks what became of it.
 */
export class Statements {
  constructor(
    private readonly lakehouse: Lakehouse,
    private readonly notes: Lines<Event>,
    private readonly target: IcebergTable,
    private readonly keys: Keys,
  ) {}

  /** @throws Refused outcome_unknown */
  async run(statements: readonly string[]): Promise<void> {
    const lines = await this.notes.where(`key = ${quoteLiteral(this.keys.call)}`);
    const done = lines.filter(({ event }) => event === 'STATEMENT').length;
    const begun = lines.flatMap(({ event, details }) => (event === 'INTENT' ? [JSON.parse(details) as Intent] : [])).filter(({ number }) => number === done);
    for (const [number, text] of statements.entries()) {
      if (number < done) continue;
      if (number > done || !(await this.cameThrough(begun))) await this.runOne(number, text);
      await this.notes.add(this.keys.call, 'STATEMENT', { number });
    }
  }

  private async runOne(number: number, text: string): Promise<void> {
    const before = await this.before(proofOf(text, (name) => this.target.isCalled(name)));
    await this.lakehouse.run(text, async (query, page) => {
      const intent: Intent = { number, query, ...(page === undefined ? {} : { page }), ...before, backup: this.keys.backup };
      await this.notes.add(this.keys.call, 'INTENT', intent);
      await this.refuseAfterRestore();
    });
  }

  private async before(proof: Proof): Promise<Pick<Intent, 'proof' | 'base' | 'definition'>> {
    if (proof === 'snapshot') return { proof, base: await this.target.current() };
    return proof === 'definition' ? { proof, definition: await this.definition() } : { proof };
  }

  /** A worker that wakes up after its migration was restored goes on with nothing: of intent and restore at least one sees the other. */
  private async refuseAfterRestore(): Promise<void> {
    const { call, backup } = this.keys;
    const lines = await this.notes.where(`key IN (${quoteLiteral(call)}, ${quoteLiteral(backup)}) AND event IN ('INTENT', 'RESTORING')`);
    const events = lines.map(({ event }) => event);
    if (events.lastIndexOf('RESTORING') > events.indexOf('INTENT'))
      throw new Refused(`The migration ${call} was restored, and is not applied any further.`, { where: this.target.text });
  }

  /** Whether one of these attempts of a statement was applied. After it none of them can be any more. @throws Refused outcome_unknown */
  private async cameThrough(intents: readonly Intent[]): Promise<boolean> {
    if (await this.anyApplied(intents)) return true;
    await endIntents(this.lakehouse, intents, 'It is begun anew.');
    if (await this.anyApplied(intents)) return true;
    for (const intent of intents) if (!(await this.canTell(intent))) throw this.unknown(intent);
    return false;
  }

  private async anyApplied(intents: readonly Intent[]): Promise<boolean> {
    for (const intent of intents) if (await this.isApplied(intent)) return true;
    return false;
  }

  private async isApplied({ proof, query, definition }: Intent): Promise<boolean> {
    if (proof === 'snapshot') return (await this.target.commitsOf([query])).length > 0;
    return proof === 'definition' && (await this.definition()) !== definition;
  }

  /** Whether it would show if it had been applied: snapshots expire, the older ones first. */
  private async canTell({ proof, base = '' }: Intent): Promise<boolean> {
    return proof === 'definition' || (proof === 'snapshot' && (base === '' || (await this.target.has(base))));
  }

  /** Empty where the table is not there. */
  private async definition(): Promise<string> {
    return (await this.target.definition().catch(whereMissing)) ?? '';
  }

  private unknown({ number, query }: Intent): Refused {
    return new Refused(`Nothing proves whether statement ${number + 1} was applied, which Trino began as ${query}: it is not run again.`, {
      code: 'outcome_unknown',
      where: this.lakehouse.connection,
      fix: `Look at what ${query} has done (system.runtime.queries, the tables that it changes). Then restore the backup, or apply what is missing in a run of its own.`,
    });
  }
}

/** Ends what attempts have left running, or were about to begin. */
export async function endIntents(lakehouse: Lakehouse, intents: readonly Pick<Intent, 'query' | 'page'>[], reason: string): Promise<void> {
  for (const { page } of intents) if (page !== undefined) await lakehouse.endAccepted(page);
  await lakehouse.end(
    intents.map(({ query }) => query),
    reason,
  );
}

/** Keeps every attempt away from a table that is to be restored, and ends what they have left running. */
export async function stopAttempts(lakehouse: Lakehouse, notes: Lines<Event>, backup: string): Promise<void> {
  await notes.add(backup, 'RESTORING', {});
  const begun = await notes.where(`event = 'INTENT' AND json_extract_scalar(details, '$.backup') = ${quoteLiteral(backup)}`);
  await endIntents(
    lakehouse,
    begun.map(({ details }) => JSON.parse(details) as Intent),
    'The migration is restored.',
  );
}
