interface Schema {
  type?: unknown;
  const?: unknown;
  enum?: unknown[];
  format?: unknown;
  pattern?: unknown;
  minimum?: number;
  maximum?: number;
  items?: Schema;
  anyOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
}

/**
 * Why a reader of the published schema could not read what is written now. What is added, what is narrower than before, and what is
 * always there that was optional before, breaks nobody.
 */
export function breaking(published: unknown, now: unknown, where: string): string[] {
  const [before, after] = [(published ?? {}) as Schema, (now ?? {}) as Schema];
  if (before.anyOf === undefined && after.anyOf === undefined) return [...values(before, after, where), ...parts(before, after, where)];
  const readable = (it: Schema) => alternatives(before).some((known) => breaking(known, it, where).length === 0);
  return alternatives(after)
    .filter((it) => !readable(it))
    .map((it) => `${where} may be ${JSON.stringify(it)}`);
}

function alternatives({ anyOf, ...rest }: Schema): Schema[] {
  return anyOf?.map((it) => ({ ...rest, ...it })) ?? [rest];
}

function values(before: Schema, after: Schema, where: string): string[] {
  const changed = (['type', 'const', 'format', 'pattern'] as const).filter((key) => before[key] !== undefined && before[key] !== after[key]);
  const wider = [
    ...(before.minimum !== undefined && before.minimum > (after.minimum ?? -Infinity) ? (['minimum'] as const) : []),
    ...(before.maximum !== undefined && before.maximum < (after.maximum ?? Infinity) ? (['maximum'] as const) : []),
  ];
  return [
    ...[...changed, ...wider].map((key) => `${where}: ${key} was ${JSON.stringify(before[key])}, is ${JSON.stringify(after[key])}`),
    ...newValues(before, after).map((it) => `${where} may be ${it}`),
  ];
}

function newValues({ enum: known }: Schema, after: Schema): string[] {
  if (known === undefined) return [];
  const written = after.enum ?? (after.const === undefined ? undefined : [after.const]);
  return written?.filter((it) => !known.includes(it)).map((it) => JSON.stringify(it)) ?? ['anything'];
}

function parts(before: Schema, after: Schema, where: string): string[] {
  const names = Object.keys(before.properties ?? {});
  const kept = names.filter((name) => after.properties?.[name] !== undefined);
  return [
    ...names.filter((name) => !kept.includes(name)).map((name) => `${where}.${name} is gone`),
    ...(before.required ?? [])
      .filter((name) => kept.includes(name) && after.required?.includes(name) !== true)
      .map((name) => `${where}.${name} may be missing`),
    ...kept.flatMap((name) => breaking(before.properties?.[name], after.properties?.[name], `${where}.${name}`)),
    ...(before.items === undefined ? [] : breaking(before.items, after.items, `${where}[]`)),
  ];
}
