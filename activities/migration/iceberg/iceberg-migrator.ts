import { ValidationError } from '../../../sdk/index.js';
import { quoteIdentifier, quoteLiteral } from '../../engines/dialect.js';
import { failureName } from '../../engines/trino/errors.js';
import { planStatement } from '../../engines/trino/explain.js';
import { firstWords, tokensOf } from '../../engines/trino/tokens.js';
import { IcebergTable } from '../../load/iceberg/iceberg-table.js';
import type { Lakehouse } from '../../load/iceberg/lakehouse.js';
import { Lines, whereMissing } from '../../load/iceberg/lines.js';
import { type Content, type Migration, type Migrator, type Planned, type Restored, requireSame } from '../migrator.js';
import { changeOf, replacedBy } from './proof.js';
import { type Event, Statements, stopAttempts } from './statements.js';

interface Backup extends Content {
  snapshot: string;
  definition: string;
  schema: number;
}

/** What may be missing when statements are checked one by one, since an earlier one has only been checked too. */
const madeByEarlier = /^(COLUMN_NOT_FOUND|TABLE_NOT_FOUND|MISSING_COLUMN|EXPRESSION_NOT_.*|TYPE_MISMATCH)$/;

/**
 * Migrations of an Iceberg table through Trino. A backup is a snapshot, and costs nothing. Trino has no transactions over several statements: each one is
 * written down before it begins, so that a repeat finds what became of it and goes on there.
 */
export class IcebergMigrator implements Migrator {
  private readonly notes: Lines<Event>;

  constructor(private readonly lakehouse: Lakehouse) {
    this.notes = new Lines(lakehouse, lakehouse.engine.session.settings.catalog, 'migrations');
  }

  async obstacles(table: string): Promise<string[]> {
    await this.lakehouse.columns(table);
    return (await this.open(table).current()) === '' ? [`${table} has no snapshot yet that a backup could name.`] : [];
  }

  /** Plans each statement without running it. */
  async attempt({ table, statements }: Migration): Promise<Planned[]> {
    const target = this.open(table);
    const planned: Planned[] = [];
    for (const [index, statement] of statements.entries()) {
      refuseToLoseSnapshots(statement, target);
      const plan = await planStatement(this.lakehouse.engine.session, statement).catch((error: unknown) => {
        if (index === 0 || !madeByEarlier.test(failureName(error) ?? '')) throw error;
        return undefined;
      });
      await this.refuseToChangeOther(target, statement, plan?.writes ?? replacedBy(statement) ?? changeOf(statement)?.table);
      if (plan !== undefined) planned.push({ statement: index + 1, ...plan });
    }
    return planned;
  }

  /** A table that is not there yet is made by an earlier statement, and nothing of it is lost. */
  private async refuseToChangeOther(target: IcebergTable, statement: string, changed: string | undefined): Promise<void> {
    if (changed === undefined || target.isCalled(changed) || beginningOf(statement) === 'CREATE TABLE') return;
    if ((await this.lakehouse.columns(changed).catch(whereMissing)) === undefined) return;
    throw new ValidationError(`'${shown(statement)}' changes ${changed}, of which the migration has no backup: a restore would leave it changed.`, {
      where: target.text,
      fix: 'Change each table by a migration of its own.',
    });
  }

  async backUp(table: string, key: string): Promise<Content & { backup: string; snapshot: string }> {
    const before = await this.backup(key);
    const target = this.open(table);
    const snapshot = before?.snapshot ?? (await target.current());
    const backup = before ?? {
      snapshot,
      definition: await target.definition(),
      schema: await this.schema(target),
      ...(await this.contentOf(target.at(snapshot), table)),
    };
    if (before === undefined) await this.notes.add(key, 'BACKUP', backup);
    return { backup: table, snapshot, rows: backup.rows, bytes: backup.bytes, checksum: backup.checksum };
  }

  async apply({ table, statements }: Migration, key: string, backup: string): Promise<void> {
    if (await this.applied(key)) return;
    await new Statements(this.lakehouse, this.notes, this.open(table), { call: key, backup }).run(statements);
    await this.notes.add(key, 'APPLIED', {});
  }

  async applied(key: string): Promise<boolean> {
    return (await this.noted(key, 'APPLIED')).length > 0;
  }

  /** By a rollback where the columns are as they were; else by one commit that replaces definition and rows by those of the snapshot. */
  async restore(table: string, key: string): Promise<Restored> {
    const target = this.open(table);
    const backup = await this.backup(key);
    if (backup !== undefined) await stopAttempts(this.lakehouse, this.notes, key);
    // A replacement that a dead worker has left running would take the table back once more, with what was written to it since.
    await this.lakehouse.engine.alone();
    if (backup === undefined || (await this.isAsBefore(target, table, backup))) return { restored: false, verified: true, ...(await this.content(table)) };
    requireSame(backup, await this.contentOf(target.at(backup.snapshot), table), 'The snapshot', this.lakehouse.connection);
    const content = (await this.rollBack(target, table, backup)) ?? (await this.replace(target, table, backup));
    requireSame(backup, content, 'The restored table', this.lakehouse.connection, `It stays so; its snapshot ${backup.snapshot} is there.`);
    return { restored: true, verified: true, ...content };
  }

  /** A rollback brings rows back and not columns: a column that was dropped and made again has another id, and is then empty. */
  private async rollBack(target: IcebergTable, table: string, backup: Backup): Promise<Content | undefined> {
    if ((await target.definition()) !== backup.definition || (await this.schema(target)) !== backup.schema) return undefined;
    await this.lakehouse.runAlone(`ALTER TABLE ${target.quoted} EXECUTE rollback_to_snapshot(${BigInt(backup.snapshot)})`);
    const content = await this.content(table);
    return content.checksum === backup.checksum ? content : undefined;
  }

  private async replace(target: IcebergTable, table: string, { definition, snapshot }: Backup): Promise<Content> {
    await this.lakehouse.runAlone(`CREATE OR REPLACE TABLE ${target.quoted}${properties(definition)} AS SELECT * FROM ${target.at(snapshot)}`);
    return this.content(table);
  }

  async content(table: string): Promise<Content> {
    return this.contentOf(this.open(table).quoted, table);
  }

  /** Whatever its snapshot: a restore whose answer was lost has made another one. */
  private async isAsBefore(target: IcebergTable, table: string, backup: Backup): Promise<boolean> {
    return (await target.definition()) === backup.definition && (await this.content(table)).checksum === backup.checksum;
  }

  /** Iceberg's id of the columns with which the newest snapshot was written. */
  private async schema(target: IcebergTable): Promise<number> {
    const select = `SELECT latest_schema_id AS id FROM ${target.about('metadata_log_entries')} ORDER BY timestamp DESC LIMIT 1`;
    return (await this.lakehouse.rows<{ id: number }>(select))[0]?.id ?? -1;
  }

  /** @param from the table, or the table at a snapshot */
  private async contentOf(from: string, table: string): Promise<Content> {
    const names = await this.columnsOf(from);
    const text = `SELECT count(*) AS rows, to_hex(checksum(ROW(${names.map(quoteIdentifier).join(', ')}))) AS checksum FROM ${from}`;
    const [found] = (await this.lakehouse.engine.query({ text }, 1)).rows as { rows: number; checksum: string | null }[];
    const [size] = await this.lakehouse.rows<{ bytes: number }>(`SELECT COALESCE(sum(file_size_in_bytes), 0) AS bytes FROM ${this.open(table).about('files')}`);
    return { rows: found?.rows ?? 0, bytes: size?.bytes ?? 0, checksum: `${found?.rows}:${found?.checksum ?? ''}` };
  }

  /** The names of the columns that a table has, or had at a snapshot. */
  private async columnsOf(from: string): Promise<string[]> {
    const { columns } = await this.lakehouse.engine.query({ text: `SELECT * FROM ${from} WHERE FALSE` }, 1);
    return columns.map(({ name }) => name);
  }

  private open(table: string): IcebergTable {
    return new IcebergTable(this.lakehouse, table);
  }

  private async noted(key: string, event: Event): Promise<string[]> {
    const lines = await this.notes.where(`key = ${quoteLiteral(key)} AND event = ${quoteLiteral(event)}`);
    return lines.map(({ details }) => details);
  }

  private async backup(key: string): Promise<Backup | undefined> {
    const [found] = await this.noted(key, 'BACKUP');
    return found === undefined ? undefined : (JSON.parse(found) as Backup);
  }
}

/** @throws ValidationError where a statement takes away what the backup is in */
function refuseToLoseSnapshots(statement: string, target: IcebergTable): void {
  const words = beginningOf(statement);
  const change = changeOf(statement);
  if (words === 'DROP TABLE' || words === 'DROP SCHEMA')
    throw new ValidationError(`'${shown(statement)}' takes the snapshots away with the table, and with them the backup.`);
  if (change?.renames === true && target.isCalled(change.table))
    throw new ValidationError(`'${shown(statement)}' takes the snapshots away under another name, and with them the backup.`);
}

function beginningOf(statement: string): string {
  return firstWords(tokensOf(statement), 2).join(' ');
}

function shown(statement: string): string {
  return statement.trim().slice(0, 100);
}

/** The partitioning and the other properties of a definition, without the place of its files, which the table keeps. */
function properties(definition: string): string {
  const [, inside] = /\nWITH \(\n(.*)\n\)$/s.exec(definition) ?? [];
  const kept = (inside ?? '').split(/,\n/).filter((line) => line.trim() !== '' && !/^\s*location = /.test(line));
  return kept.length === 0 ? '' : ` WITH (${kept.join(', ')})`;
}
