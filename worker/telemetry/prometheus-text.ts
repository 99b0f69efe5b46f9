import type { Distribution, Family, Sample } from './family.js';

/** The content type of what `render` gives. */
export const contentType = 'text/plain; version=0.0.4; charset=utf-8';

/** Metrics in Prometheus' text format; one without series yet is there by its name. */
export function render(families: readonly Family[]): string {
  return families.map(renderFamily).join('');
}

function renderFamily(family: Family): string {
  const { name, help, type } = family;
  const lines = family.type === 'histogram' ? family.series.flatMap((it) => distributed(name, it)) : family.series.map((it) => line(name, it));
  return `${[`# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`, `# TYPE ${name} ${type}`, ...lines].join('\n')}\n`;
}

function distributed(name: string, { labels, buckets, count, sum }: Distribution): string[] {
  const bucket = (le: string, value: number) => line(`${name}_bucket`, { labels: { ...labels, le }, value });
  return [
    ...buckets.map(({ bound, count: upTo }) => bucket(String(bound), upTo)),
    bucket('+Inf', count),
    line(`${name}_sum`, { labels, value: sum }),
    line(`${name}_count`, { labels, value: count }),
  ];
}

function line(name: string, { labels, value }: Sample): string {
  return `${seriesName(name, labels)} ${value}`;
}

/** A series as a query names it: `name{label="value"}`. */
export function seriesName(name: string, labels: Readonly<Record<string, string>>): string {
  const inside = Object.entries(labels).map(([label, value]) => `${label}="${escaped(value)}"`);
  return inside.length === 0 ? name : `${name}{${inside.join(',')}}`;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
