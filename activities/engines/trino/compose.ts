import { ValidationError } from '../../../sdk/index.js';
import { quoteIdentifier, quoteLiteral } from '../dialect.js';
import type { Parameter, Statement } from '../engine.js';
import { firstWords, type Token, tokensOf } from './tokens.js';

/** A statement with `?` for its parameters, in the order of their values. */
export interface Numbered {
  readonly text: string;
  readonly values: readonly Parameter[];
}

/**
 * Rewrites `$1` and `$name` to `?`, and leaves out a semicolon at the end, which Trino refuses.
 *
 * @throws ValidationError bad_sql when a parameter has no value
 */
export function numberParameters({ text, parameters = [] }: Statement): Numbered {
  const tokens = withoutEnd(tokensOf(text));
  const values: Parameter[] = [];
  const written = tokens.map((token) => {
    if (token.parameter === undefined) return token.text;
    values.push(valueFor(token.parameter, parameters));
    return '?';
  });
  return { text: written.join(''), values };
}

function withoutEnd(tokens: Token[]): Token[] {
  const last = tokens.findLastIndex(({ matters }) => matters);
  return tokens[last]?.text === ';' ? tokens.filter((_, index) => index !== last) : tokens;
}

function valueFor(name: string, parameters: NonNullable<Statement['parameters']>): Parameter {
  const given = Array.isArray(parameters)
    ? new Map((parameters as Parameter[]).map((value, index) => [String(index + 1), value]))
    : new Map(Object.entries(parameters));
  const value = given.get(name);
  if (value !== undefined) return value;
  throw new ValidationError(`The statement's parameter $${name} has no value.`, { code: 'bad_sql', fix: `Give parameters: { ${name}: … }.` });
}

/** The statement that Trino is sent: values stand apart from the text that they are bound to, as literals with their types. */
export function bind({ text, values }: Numbered): string {
  return values.length === 0 ? text : `EXECUTE IMMEDIATE ${quoteLiteral(text)} USING ${values.map(literal).join(', ')}`;
}

/** A value as a literal. */
export function literal(value: Parameter): string {
  if (value === null) return 'NULL';
  if (typeof value === 'string') return quoteLiteral(value);
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE';
  if (Number.isSafeInteger(value)) return String(value);
  if (Number.isFinite(value)) return Number(value).toExponential().replace('e+', 'E').replace('e', 'E');
  throw new ValidationError(`${value} is no number that a statement can have.`, { code: 'bad_sql' });
}

/**
 * Lets a query call tables by other names: they become its first common table expressions. Trino has no temporary views.
 *
 * @param aliases names with the quoted tables that they stand for, with catalog and schema, so that no name can stand for another alias
 * @throws ValidationError bad_sql for a statement that is no query
 */
export function withNames(text: string, aliases: ReadonlyMap<string, string>): string {
  if (aliases.size === 0) return text;
  const tokens = tokensOf(text);
  const [first = '', second = ''] = firstWords(tokens, 2);
  const definitions = [...aliases].map(([name, table]) => `${quoteIdentifier(name)} AS (SELECT * FROM ${table})`).join(', ');
  if (first === 'WITH' && second !== 'FUNCTION') {
    const recursive = second === 'RECURSIVE';
    const word = tokens.filter(({ matters }) => matters)[recursive ? 1 : 0] as Token;
    const end = word.at + word.text.length;
    return `${text.slice(0, end)} ${definitions},${text.slice(end)}`;
  }
  if (['SELECT', 'VALUES', 'TABLE', '('].includes(first)) return `WITH ${definitions}\n${text}`;
  throw new ValidationError(`Tables under other names are for queries; here is ${first} ${second}.`, {
    code: 'bad_sql',
    fix: 'Write it as SELECT, with into, or name the tables in the statement.',
  });
}
