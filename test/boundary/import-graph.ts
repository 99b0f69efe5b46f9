import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { ourNames } from '../our-names.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const beside = /(\.(test|test-d|fixture)\.ts$)|(\/fixtures\/)/;

/** The sources of folders, without tests and what belongs to them. */
export function sourcesOf(...folders: string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((file) => join(folder, file))
      .filter((file) => file.endsWith('.ts') && !beside.test(`/${file}`) && statSync(join(root, file)).isFile()),
  );
}

/** What a file imports when it runs: files of the repository by their path, all else by its name. Types leave no import behind. */
export function importsOf(file: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.ES2023);
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    const name = importedName(node);
    if (name !== undefined) names.push(resolve(file, name));
    ts.forEachChild(node, visit);
  };
  visit(source);
  return names;
}

function importedName(node: ts.Node): string | undefined {
  const declared =
    (ts.isImportDeclaration(node) && node.importClause?.phaseModifier !== ts.SyntaxKind.TypeKeyword) || (ts.isExportDeclaration(node) && !node.isTypeOnly)
      ? node.moduleSpecifier
      : undefined;
  const called = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword ? node.arguments[0] : undefined;
  const named = declared ?? called;
  return named !== undefined && ts.isStringLiteralLike(named) ? named.text : undefined;
}

function resolve(file: string, name: string): string {
  if (ourNames[name] !== undefined) return ourNames[name];
  if (!name.startsWith('.')) return name;
  return normalize(relative(root, join(root, dirname(file), name.replace(/js$/, 'ts'))));
}

/** A way from a file to what it must not reach, as the files in between; undefined where there is none. */
export function wayTo(start: string, forbidden: (name: string) => boolean): string[] | undefined {
  const from = new Map<string, string | undefined>([[start, undefined]]);
  for (const file of from.keys()) {
    if (!file.endsWith('.ts')) continue;
    for (const name of importsOf(file)) {
      if (from.has(name)) continue;
      from.set(name, file);
      if (forbidden(name)) return trace(from, name);
    }
  }
  return undefined;
}

function trace(from: ReadonlyMap<string, string | undefined>, end: string): string[] {
  const way: string[] = [];
  for (let at: string | undefined = end; at !== undefined; at = from.get(at)) way.unshift(at);
  return way;
}

/** The files that lie on a circle of imports, or between two circles. */
export function onCircles(files: readonly string[]): string[] {
  const imports = new Map(files.map((file) => [file, importsOf(file)]));
  for (let before = -1; before !== imports.size; ) {
    before = imports.size;
    const imported = new Set([...imports.values()].flat());
    for (const [file, names] of imports) if (!imported.has(file) || !names.some((name) => imports.has(name))) imports.delete(file);
  }
  return [...imports.keys()];
}
