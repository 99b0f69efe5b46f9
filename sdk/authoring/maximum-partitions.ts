/** Partitions that a range has at most: more are refused. */
export const maximumPartitions = 1_000_000;
