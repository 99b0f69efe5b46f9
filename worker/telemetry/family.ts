/** The value of a counter or gauge under one set of labels. */
export interface Sample {
  labels: Readonly<Record<string, string>>;
  value: number;
}

/** What was observed under one set of labels. */
export interface Distribution {
  labels: Readonly<Record<string, string>>;
  /** In ascending order, each with all observations up to it; what is beyond the last is in `count` alone. */
  buckets: readonly { bound: number; count: number }[];
  count: number;
  sum: number;
}

interface Named {
  name: string;
  /** One sentence for whoever sees the name alone. */
  help: string;
}

/** A metric with all its series. */
export type Family = Named & ({ type: 'counter' | 'gauge'; series: readonly Sample[] } | { type: 'histogram'; series: readonly Distribution[] });

/** Where metrics come from: asked whenever somebody wants to see them. */
export type Source = () => Promise<readonly Family[]>;

/** A gauge without labels. */
export function gauge(name: string, help: string, value: number): Family {
  return { name, help, type: 'gauge', series: [{ labels: {}, value }] };
}

/** A metric with those of its series whose labels are wanted. */
export function seriesWhere(family: Family, wanted: (labels: Readonly<Record<string, string>>) => boolean): Family {
  if (family.type === 'histogram') return { ...family, series: family.series.filter(({ labels }) => wanted(labels)) };
  return { ...family, series: family.series.filter(({ labels }) => wanted(labels)) };
}
