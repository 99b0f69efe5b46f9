import type { Distribution, Family, Sample } from './family.js';

type NamedSample = Sample & { name: string };

interface Read {
  name: string;
  help: string;
  type: string;
  samples: NamedSample[];
}

const sampleLine = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)/;
const labelPair = /([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/** Reads Prometheus' text format as Temporal's runtime writes it, where the lines of a metric follow its TYPE. */
export function parsePrometheus(text: string): Family[] {
  const families: Read[] = [];
  let help = '';
  for (const line of text.split('\n')) {
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) ?(.*)$/.exec(line) ?? [];
    if (kind === 'HELP') help = rest;
    if (kind === 'TYPE') families.push({ name, help, type: rest, samples: [] });
    const sample = line.startsWith('#') ? undefined : parseSample(line);
    if (sample !== undefined) families.at(-1)?.samples.push(sample);
  }
  return families.map(assemble);
}

function parseSample(line: string): NamedSample | undefined {
  const [, name, inside = '', value = ''] = sampleLine.exec(line) ?? [];
  if (name === undefined) return undefined;
  const pairs = [...inside.matchAll(labelPair)].map(([, label = '', text = '']) => [label, unescaped(text)]);
  return { name, labels: Object.fromEntries(pairs) as Record<string, string>, value: Number(value) };
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));
}

function assemble({ name, help, type, samples }: Read): Family {
  if (type === 'histogram') return { name, help, type, series: distributions(name, samples) };
  return { name, help, type: type === 'counter' ? type : 'gauge', series: samples.map(({ labels, value }) => ({ labels, value })) };
}

function distributions(family: string, samples: readonly NamedSample[]): Distribution[] {
  const series = new Map<string, Distribution & { buckets: { bound: number; count: number }[] }>();
  for (const { name, labels: all, value } of samples) {
    const { le, ...labels } = all;
    const key = JSON.stringify(labels);
    const known = series.get(key) ?? { labels, buckets: [], count: 0, sum: 0 };
    series.set(key, known);
    if (name === `${family}_sum`) known.sum = value;
    else if (name === `${family}_count`) known.count = value;
    else if (le !== undefined && le !== '+Inf') known.buckets.push({ bound: Number(le), count: value });
  }
  return [...series.values()];
}
