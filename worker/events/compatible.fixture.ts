type Schema = { type?: unknown; const?: unknown; enum?: unknown[]; properties?: Record<string, Schema>; required?: string[] };

/**
 * Why a reader of the published schema could not read what is written now. What is added, and what is always there that was
 * optional before, breaks nobody.
 */
export function breaking(published: unknown, now: unknown, where: string): string[] {
  const [before, after] = [(published ?? {}) as Schema, (now ?? {}) as Schema];
  const changed = (['type', 'const'] as const).filter((key) => before[key] !== undefined && before[key] !== after[key]);
  const names = Object.keys(before.properties ?? {});
  return [
    ...changed.map((key) => `${where}: ${key} was ${JSON.stringify(before[key])}, is ${JSON.stringify(after[key])}`),
    ...(before.enum === undefined
      ? []
      : (after.enum ?? []).filter((it) => before.enum?.includes(it) !== true).map((it) => `${where} may be ${JSON.stringify(it)}`)),
    ...names.filter((name) => after.properties?.[name] === undefined).map((name) => `${where}.${name} is gone`),
    ...(before.required ?? [])
      .filter((name) => after.properties?.[name] !== undefined && after.required?.includes(name) !== true)
      .map((name) => `${where}.${name} may be missing`),
    ...names
      .filter((name) => after.properties?.[name] !== undefined)
      .flatMap((name) => breaking(before.properties?.[name], after.properties?.[name], `${where}.${name}`)),
  ];
}
