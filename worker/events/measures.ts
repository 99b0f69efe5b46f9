import { type Cost, costOf } from '../../sdk/authoring/cost.js';

/** What an output says of the work: how much, and where on an engine it was done. */
export interface Measures {
  rows?: number;
  bytes?: number;
  inserts?: number;
  updates?: number;
  softDeletes?: number;
  watermark?: string;
  engine?: { name?: string; id?: string; link?: string };
  cost?: Cost;
}

/** Reads an output's measures by their names: `rows`, `bytes`, `inserts`, `updates`, `softDeletes`, `watermark`, `engine: { name, id, link }`, and `cost`. */
export function measuresOf(output: unknown): Measures {
  if (typeof output !== 'object' || output === null) return {};
  const { rows, bytes, inserts, updates, softDeletes, watermark, engine } = output as Record<string, unknown>;
  return {
    rows: count(rows),
    bytes: count(bytes),
    inserts: count(inserts),
    updates: count(updates),
    softDeletes: count(softDeletes),
    watermark: text(watermark),
    engine: engineOf(engine),
    cost: costOf(output),
  };
}

function engineOf(engine: unknown): Measures['engine'] {
  if (typeof engine !== 'object' || engine === null) return undefined;
  const { name, id, link } = engine as Record<string, unknown>;
  return { name: text(name), id: text(id), link: text(link) };
}

/** The columns are integers: what is none, or too large to be exact, is left out. */
function count(value: unknown): number | undefined {
  return Number.isSafeInteger(value) ? (value as number) : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
