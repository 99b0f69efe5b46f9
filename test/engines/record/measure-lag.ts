import type { PipelineEvent } from '../../../worker/events/index.js';
import { figuresOf, type LagFigures, lagsOf } from './event-lag.js';
import { readTopic } from './read-topic.js';
import { startRuns } from './run-load.js';
import { untilAllEnded, untilRecorded } from './settle.js';
import { openWorld, type Servers, type World } from './world.js';

const works = Array.from({ length: 10 }, () => ({ milliseconds: 2_000 }));

/** How long events take from a step's end to Kafka with so many runs at once, of ten steps of two seconds, two workers and two APIs, and nothing amiss. */
export async function measureLag(servers: Servers, runs: number): Promise<LagFigures> {
  const world = await openWorld(servers, (message) => console.log(message));
  try {
    const run = async (name: string, count: number) => {
      const plan = Array.from({ length: count }, (_, index) => ({
        at: 0,
        key: `${name}-${index}`,
        pipeline: 'chain',
        input: { works },
        ends: 'SUCCEEDED' as const,
      }));
      await startRuns(world, plan).allStarted;
      await untilAllEnded(world);
    };
    await run('warm', 4);
    const begun = Date.now();
    await run('measured', runs);
    await untilRecorded(world, runs + 4);
    console.log(await shares(world, begun));
    return figuresOf(lagsOf(await readTopic(servers.kafka.broker, world.topic)).filter(({ endedAt }) => endedAt >= begun));
  } finally {
    await world.end();
  }
}

/** Where the time goes: until the registry has the event, and from there until the relay was told that Kafka has it. */
async function shares({ registry }: World, begun: number): Promise<string> {
  const rows = await registry.database.selectFrom('outbox').selectAll().where('kind', '=', 'PIPELINE_STEP_COMPLETED').execute();
  const measured = rows.map(({ payload, ...row }) => ({ ...row, at: Date.parse((payload as PipelineEvent).time) })).filter(({ at }) => at >= begun);
  const projected = measured.map(({ at, created_at }) => ({ endedAt: at, takenAt: created_at.getTime() }));
  const relayed = measured.map(({ created_at, published_at }) => ({ endedAt: created_at.getTime(), takenAt: published_at?.getTime() ?? 0 }));
  const say = (lags: typeof projected) => `p50 ${figuresOf(lags).p50} ms, p95 ${figuresOf(lags).p95} ms`;
  return `of that, until it is in the registry: ${say(projected)}; from there: ${say(relayed)}`;
}
