/** Polls a second per shard: high enough that a queue is read as soon as there is something in it. */
const unthrottled = 100_000;

/**
 * Temporal's dynamic configuration for short steps. By default each shard reads its transfer queue 20 times a second
 * and a sequential step needs two reads: 100 ms a step on any hardware. Names are those of server 1.29.
 */
export const tunedKeys: Record<string, number | boolean | string> = {
  'history.transferProcessorMaxPollRPS': unthrottled,
  'history.transferProcessorMaxPollHostRPS': unthrottled,
  'history.timerProcessorMaxPollRPS': unthrottled,
  'history.timerProcessorMaxPollHostRPS': unthrottled,
  'history.visibilityProcessorMaxPollRPS': unthrottled,
  'history.visibilityProcessorMaxPollHostRPS': unthrottled,
  // Off in 1.29, on from 1.32: the worker that finished a workflow task starts its activity without asking again.
  'system.enableActivityEagerExecution': true,
};

/** The keys as arguments of `temporal server start-dev`. */
export function tunedArguments(): string[] {
  return Object.entries(tunedKeys).flatMap(([key, value]) => ['--dynamic-config-value', `${key}=${JSON.stringify(value)}`]);
}
