/** Hours: what happens on a Friday evening is mended on Monday. */
const weekend = 72;

/** How long a namespace keeps ended runs, with a warning where a weekend's outage of the registry would outlast it (DESIGN §3.3). @param hours of the namespace's retention */
export function describeRetention(hours: number, namespace: string): string {
  const kept = `ended runs are kept for ${hours} hours`;
  if (hours >= weekend) return kept;
  return `${kept}: of one that ends while the registry is away for longer there is no record (temporal operator namespace update -n ${namespace} --retention ${weekend}h)`;
}
