import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { audit, auditPublished } from '../../../worker/events/index.js';
import { Seeded } from '../seeded.js';
import { figuresOf, lagsOf, recoveryAfter, sayLag } from './event-lag.js';
import { unexpectedEnds } from './expect-ends.js';
import { forms, scheduleFaults } from './fault-schedule.js';
import { type Interventions, injectFaults } from './inject-faults.js';
import { readTopic, type TopicEvent } from './read-topic.js';
import { decideAll, type StartedRuns, startRuns } from './run-load.js';
import { planRuns } from './run-plan.js';
import { untilAllEnded, untilRecorded } from './settle.js';
import { openWorld, type Servers, startServers, type World } from './world.js';

const form = forms[process.env.HEADRACE_FAULTS === 'full' ? 'full' : 'small'];
const firstSeed = Number(process.env.HEADRACE_SEED ?? 1);
const seeds = Array.from({ length: Number(process.env.HEADRACE_SEEDS ?? 1) }, (_, index) => firstSeed + index);
/** Of the whole run under faults: they come, and then it may take some minutes until all has caught up. */
const timeLimit = form.duration + 15 * 60_000;

let servers: Servers;

beforeAll(async () => void (servers = await startServers()));
afterAll(() => servers?.stop());

describe.each(seeds)(`${form.runs} runs under faults, HEADRACE_SEED=%i:`, (seed) => {
  let world: World;
  let started: StartedRuns;
  let interventions: Interventions;
  let messages: TopicEvent[];

  beforeAll(async () => {
    const note = clock();
    world = await openWorld(servers, note);
    const random = new Seeded(seed);
    const plan = planRuns(random, form);
    const schedule = scheduleFaults(random, form);
    note(`HEADRACE_SEED=${seed}: ${plan.length} runs, ${schedule.length} faults in ${form.duration / 1_000} s`);
    const load = startRuns(world, plan);
    started = load.started;
    const deciding = decideAll(world, started);
    const injecting = injectFaults(world, schedule, random, started, note);
    await load.allStarted;
    note('every run is started');
    interventions = await injecting;
    note('the last fault is over');
    await untilAllEnded(world);
    await deciding.stop();
    note('every run has ended');
    await untilRecorded(world, started.size);
    note('everything is recorded and published');
    messages = await readTopic(servers.kafka.broker, world.topic);
  }, timeLimit);
  afterAll(() => world?.end());

  test('every run ended as planned, or as it was ended from outside', async () => {
    expect(await unexpectedEnds(world, started, interventions)).toEqual([]);
  });

  test('the registry says what the histories say', { timeout: timeLimit }, async () => {
    const query = `TaskQueue = '${world.taskQueue}'`;
    expect(await audit(world.temporal, world.registry.database, query)).toEqual([]);
    // What is compared is all that there is.
    const { count } = await world.temporal.ask(({ workflowService }) =>
      workflowService.countWorkflowExecutions({ namespace: world.temporal.namespace, query }),
    );
    const recorded = await world.registry.database.selectFrom('projection_execution').select('execution_id').execute();
    console.log(`${started.size} runs with their children and rounds: ${recorded.length} executions`);
    expect(Number(count)).toBe(recorded.length);
    expect(recorded.length).toBeGreaterThan(started.size);
  });

  test('Kafka has every event, in its order, and doubles only with the same id', async () => {
    expect(await auditPublished(world.registry.database, messages)).toEqual([]);
    const events = await world.registry.database.selectFrom('outbox').select('id').execute();
    console.log(`${events.length} events, ${messages.length - events.length} of them twice`);
  });

  test('after each outage the events come again', () => {
    const lags = lagsOf(messages);
    console.log(sayLag(figuresOf(lags)));
    const recoveries = interventions.outages.map((outage) => ({ server: outage.server, milliseconds: recoveryAfter(lags, outage) }));
    for (const { server, milliseconds } of recoveries) console.log(`after the outage of ${server}: all that was missed is on Kafka after ${milliseconds} ms`);
    for (const { milliseconds } of recoveries) expect(milliseconds).toBeLessThan(120_000);
  });

  // The last one: it damages the record.
  test('an event that is taken out of the record is missed', { timeout: timeLimit }, async () => {
    const { database } = world.registry;
    const third = await database.selectFrom('outbox').selectAll().where('sequence', '=', 3).limit(1).executeTakeFirstOrThrow();
    const { workflow_id, run_id } = third;
    const run = database.deleteFrom('outbox').where('workflow_id', '=', workflow_id).where('run_id', '=', run_id);
    const { id } = await run.where('sequence', '=', 2).returning('id').executeTakeFirstOrThrow();
    const differences = await audit(world.temporal, database, `WorkflowId = '${workflow_id}'`);
    expect(differences.map(({ what }) => what)).toContain('sequence');
    expect(await auditPublished(database, messages)).toEqual([{ event: id, what: 'is unknown to the registry' }]);
  });
});

/** Prints what happens, with the seconds since now. */
function clock(): (message: string) => void {
  const begun = Date.now();
  return (message) => console.log(`${((Date.now() - begun) / 1_000).toFixed(1).padStart(7)} s  ${message}`);
}
