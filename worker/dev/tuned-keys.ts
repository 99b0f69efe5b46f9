/** Polls a second per shard: high enough that a queue is read as soon as there is something in it. */
const unthrottled = 100_000;

/**
 * Temporal's dynamic configuration for short steps, in production too. By default each shard reads each of its queues
 * 20 times a second, and a sequential step needs two reads: 77 to 100 ms a step on any hardware. Names of server 1.29.
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

/**
 * For one server on one clock only. A timer is otherwise due a second late (a sleep of 1 ms takes 1010 ms, and so does
 * each wait before a retry), a margin for hosts whose clocks differ.
 */
export const singleHostKeys: Record<string, string> = { 'history.timerProcessorMaxTimeShift': '10ms' };

/**
 * SQLite's write-ahead log, synced at checkpoints: as quick as no file at all, where the default costs 4 ms a step. A
 * killed server loses nothing; a power cut may lose the last moments, but leaves a whole database.
 */
const pragmas = { journal_mode: 'WAL', synchronous: '1' };

/** All of it as arguments of `temporal server start-dev`. */
export function tunedArguments(): string[] {
  const keys = Object.entries({ ...tunedKeys, ...singleHostKeys });
  return [
    ...keys.flatMap(([key, value]) => ['--dynamic-config-value', `${key}=${JSON.stringify(value)}`]),
    ...Object.entries(pragmas).flatMap(([name, value]) => ['--sqlite-pragma', `${name}=${value}`]),
  ];
}
