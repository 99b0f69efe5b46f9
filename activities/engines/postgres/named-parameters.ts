import { ValidationError } from '../../../sdk/index.js';
import type { Parameter, Statement } from '../engine.js';

// What may hold a $ that is no parameter: texts, quoted names, comments, dollar-quoted texts. Then $name itself.
const tokens = /[eE]'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*|\$([A-Za-z_]\w*)?\$|\$([A-Za-z_]\w*)|[\w$]+|./gsu;

/**
 * PostgreSQL knows `$1` alone: rewrites `$name` to the number of its value.
 *
 * @throws ValidationError bad_sql when a name has no value
 */
export function numberParameters({ text, parameters = [] }: Statement): { text: string; values: Parameter[] } {
  if (Array.isArray(parameters)) return { text, values: [...(parameters as readonly Parameter[])] };
  const given = parameters as Readonly<Record<string, Parameter>>;
  const names: string[] = [];
  const rewritten = rewrite(text, (name) => {
    if (!Object.hasOwn(given, name))
      throw new ValidationError(`The statement's parameter $${name} has no value.`, { code: 'bad_sql', fix: `Give parameters: { ${name}: … }.` });
    if (!names.includes(name)) names.push(name);
    return `$${names.indexOf(name) + 1}`;
  });
  return { text: rewritten, values: names.map((name) => given[name] as Parameter) };
}

function rewrite(text: string, numberOf: (name: string) => string): string {
  let written = '';
  tokens.lastIndex = 0;
  for (let found = tokens.exec(text); found !== null; found = tokens.exec(text)) {
    const [token, , name] = found;
    const end = token === '/*' ? commentEnd(text, found.index) : /^\$\w*\$$/.test(token) ? dollarEnd(text, found.index, token) : tokens.lastIndex;
    tokens.lastIndex = end;
    written += name === undefined ? text.slice(found.index, end) : numberOf(name);
  }
  return written;
}

function dollarEnd(text: string, start: number, tag: string): number {
  const end = text.indexOf(tag, start + tag.length);
  return end === -1 ? text.length : end + tag.length;
}

/** Comments nest. */
function commentEnd(text: string, start: number): number {
  const marks = /\/\*|\*\//g;
  marks.lastIndex = start;
  let depth = 0;
  for (let found = marks.exec(text); found !== null; found = marks.exec(text)) {
    depth += found[0] === '/*' ? 1 : -1;
    if (depth === 0) return marks.lastIndex;
  }
  return text.length;
}
