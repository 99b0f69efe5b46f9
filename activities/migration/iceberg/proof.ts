import { tokensOf } from '../../engines/trino/tokens.js';

/** What shows afterwards whether a statement has changed a table: a snapshot that carries its query's id, the table's definition, or nothing that is known of. */
export type Proof = 'snapshot' | 'definition' | 'none';

/** How many tokens hold a statement's first words and a name of three parts. */
const beginning = 16;

const part = '(?:"(?:[^"]|"")+"|[^\\s".]+)';
const name = `(${part}(?: \\. ${part}){0,2})(?! \\.)(?= |$)`;
const changesRows = new RegExp(`^(?:INSERT INTO|DELETE FROM|MERGE INTO|TRUNCATE TABLE|UPDATE) ${name}`, 'isu');
const changesDefinition = new RegExp(`^(?:ALTER TABLE|DROP TABLE|COMMENT ON TABLE) (?:IF EXISTS )?${name}(?! EXECUTE\\b)`, 'isu');
const changesComment = new RegExp(`^COMMENT ON COLUMN (${part}(?: \\. ${part}){0,2}) \\. ${part} IS\\b`, 'isu');

/** What shows whether a statement has changed a table. One that changes another table proves nothing there. @param isTarget whether a name in SQL is the table's */
export function proofOf(statement: string, isTarget: (name: string) => boolean): Proof {
  const words = tokensOf(statement)
    .filter(({ matters }) => matters)
    .slice(0, beginning);
  const text = words.map((token) => token.text).join(' ');
  const isOf = (form: RegExp) => {
    const found = form.exec(text)?.[1];
    return found !== undefined && isTarget(found.replaceAll(' . ', '.'));
  };
  if (isOf(changesRows)) return 'snapshot';
  return isOf(changesDefinition) || isOf(changesComment) ? 'definition' : 'none';
}
