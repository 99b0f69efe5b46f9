import { tokensOf } from '../../engines/trino/tokens.js';

/** What shows afterwards whether a statement has changed a table: a snapshot that carries its query's id, the table's definition, or nothing that is known of. */
export type Proof = 'snapshot' | 'definition' | 'none';

/** How many tokens hold a statement's first words and a name of three parts. */
const beginning = 16;

const part = '(?:"(?:[^"]|"")+"|[^\\s".]+)';
const name = `(${part}(?: \\. ${part}){0,2})(?! \\.)(?= |$)`;
const changesRows = new RegExp(`^(?:INSERT INTO|DELETE FROM|MERGE INTO|TRUNCATE TABLE|UPDATE) ${name}`, 'isu');
const changesDefinition = new RegExp(`^(?:ALTER TABLE|DROP TABLE|COMMENT ON TABLE) (?:IF EXISTS )?${name}(?! EXECUTE\\b)`, 'isu');
const renamed = new RegExp(`^ALTER TABLE (?:IF EXISTS )?${name} RENAME TO\\b`, 'isu');
const replacesTable = new RegExp(`^CREATE OR REPLACE TABLE ${name}`, 'isu');
const changesComment = new RegExp(`^COMMENT ON COLUMN (${part}(?: \\. ${part}){0,2}) \\. ${part} IS\\b`, 'isu');

/** A change of a table that its statement's first words tell. */
export interface Change {
  /** The table's name, as in the statement. */
  readonly table: string;
  readonly proof: 'snapshot' | 'definition';
  /** Whether the table has another name afterwards. */
  readonly renames: boolean;
}

/** The table that a statement replaces by a new one of its name. */
export function replacedBy(statement: string): string | undefined {
  return named(replacesTable, firstTokens(statement));
}

/** The table that a statement changes, where its first words tell it. */
export function changeOf(statement: string): Change | undefined {
  const text = firstTokens(statement);
  const told = (form: RegExp) => named(form, text);
  const changed = told(changesRows);
  if (changed !== undefined) return { table: changed, proof: 'snapshot', renames: false };
  const defined = told(changesDefinition) ?? told(changesComment);
  return defined === undefined ? undefined : { table: defined, proof: 'definition', renames: renamed.test(text) };
}

/** What shows whether a statement has changed a table. One that changes another table proves nothing there. @param isTarget whether a name in SQL is the table's */
export function proofOf(statement: string, isTarget: (name: string) => boolean): Proof {
  const change = changeOf(statement);
  return change !== undefined && isTarget(change.table) ? change.proof : 'none';
}

function firstTokens(statement: string): string {
  const words = tokensOf(statement).filter(({ matters }) => matters);
  return words
    .slice(0, beginning)
    .map((token) => token.text)
    .join(' ');
}

function named(form: RegExp, text: string): string | undefined {
  return form.exec(text)?.[1]?.replaceAll(' . ', '.');
}
