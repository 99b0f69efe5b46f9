/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? (sorted[Math.floor(middle)] as number) : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** The value below which a share of the values is. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number;
}

/** The 90 % interval of the median, by bootstrap over 2,000 resamples of a fixed seed. */
export function medianInterval(values: readonly number[]): [number, number] {
  let seed = 42;
  const random = () => {
    seed = (seed * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return seed / 2 ** 32;
  };
  const resample = () => median(values.map(() => values[Math.floor(random() * values.length)] as number));
  const medians = Array.from({ length: 2_000 }, resample).sort((a, b) => a - b);
  return [medians[100] as number, medians[1_900] as number];
}
