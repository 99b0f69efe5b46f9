import { setTimeout as wait } from 'node:timers/promises';
import type { Seeded } from '../seeded.js';
import type { Fault, Server, Victim } from './fault-schedule.js';
import type { Service } from './fleet.js';
import { ask } from './requests.js';
import type { StartedRuns } from './run-load.js';
import type { World } from './world.js';

/** A time in which a server was away, in milliseconds since the epoch. */
export interface Outage {
  server: Server;
  from: number;
  until: number;
}

/** What was done to the runs from outside. */
export interface Interventions {
  terminated: Set<string>;
  cancelled: Set<string>;
  outages: Outage[];
}

const leases = { relay: 'relay', projector: 'projection-scan' };

/** Does what the schedule says, each at its time, and tells of it. */
export async function injectFaults(
  world: World,
  schedule: readonly Fault[],
  random: Seeded,
  started: StartedRuns,
  note: (message: string) => void,
): Promise<Interventions> {
  const done: Interventions = { terminated: new Set(), cancelled: new Set(), outages: [] };
  const begun = Date.now();
  const inject = async (fault: Fault): Promise<void> => {
    await wait(Math.max(0, begun + fault.at - Date.now()));
    switch (fault.kind) {
      case 'outage':
        return takeAway(world, fault.server, fault.lasts, done.outages, note);
      case 'terminate':
        return terminate(world, await pickOpen(world, random, started), done.terminated, note);
      case 'cancel':
        return cancel(world, await pickOpen(world, random, started), done.cancelled, note);
      case 'kill':
      case 'freeze':
      case 'replace':
        return hit(fault, await find(world, fault.victim, random), note);
    }
  };
  await Promise.all(schedule.map(inject));
  return done;
}

async function hit(fault: Extract<Fault, { victim: Victim }>, service: Service, note: (message: string) => void): Promise<void> {
  const whom = fault.victim === service.name.split(' ')[0] ? service.name : `${service.name}, which is the ${fault.victim}`;
  if (fault.kind === 'freeze') note(`SIGSTOP for ${(fault.lasts / 1_000).toFixed(0)} s: ${whom}`);
  else note(`${fault.kind === 'kill' ? 'SIGKILL' : 'SIGTERM'}: ${whom}`);
  if (fault.kind === 'freeze') await service.freeze(fault.lasts);
  else if (fault.kind === 'kill') await service.kill();
  else await service.replace();
}

/** Any worker or API, or the process that relays or scans now; where nobody can say who that is, any. */
async function find({ fleet, registry }: World, victim: Victim, random: Seeded): Promise<Service> {
  if (victim === 'worker') return random.pick(fleet.workers);
  if (victim === 'api') return random.pick(fleet.apis);
  const all = [...fleet.workers, ...fleet.apis];
  const any = random.pick(all);
  const holder = registry.database.selectFrom('lease').select('owner').where('name', '=', leases[victim]);
  const { owner } = (await holder.executeTakeFirst().catch(() => undefined)) ?? {};
  return all.find(({ pid }) => owner?.split('/')[1] === String(pid)) ?? any;
}

async function takeAway({ servers }: World, server: Server, lasts: number, outages: Outage[], note: (message: string) => void): Promise<void> {
  const name = { kafka: 'Kafka', registry: "the registry's PostgreSQL", temporal: "Temporal's server" }[server];
  note(`taken away for ${lasts / 1_000} s: ${name}`);
  const outage = { server, from: Date.now(), until: Number.POSITIVE_INFINITY };
  outages.push(outage);
  await servers[server].halt();
  await wait(lasts);
  await servers[server].resume();
  outage.until = Date.now();
  note(`back: ${name}`);
}

const patience = 60_000;

/** One of the runs that we started and that go on, as soon as there is one. */
async function pickOpen({ temporal, taskQueue }: World, random: Seeded, started: StartedRuns): Promise<string | undefined> {
  const request = { namespace: temporal.namespace, query: `TaskQueue = '${taskQueue}' AND ExecutionStatus = 'Running'` };
  for (const end = Date.now() + patience; Date.now() < end; await wait(500)) {
    const { executions } = await temporal.ask(({ workflowService }) => workflowService.listWorkflowExecutions(request)).catch(() => ({ executions: [] }));
    const open = executions.map(({ execution }) => execution?.workflowId ?? '').filter((id) => started.has(id));
    if (open.length > 0) return random.pick(open.sort());
  }
  return undefined;
}

async function terminate({ temporal }: World, workflowId: string | undefined, terminated: Set<string>, note: (message: string) => void): Promise<void> {
  if (workflowId === undefined) return note('nothing to terminate');
  terminated.add(workflowId);
  note(`terminated from outside: ${workflowId}`);
  await stubbornly(async () => {
    const request = { namespace: temporal.namespace, workflowExecution: { workflowId }, reason: 'terminated by the harness' };
    await temporal.ask(({ workflowService }) => workflowService.terminateWorkflowExecution(request));
  });
}

async function cancel({ fleet }: World, workflowId: string | undefined, cancelled: Set<string>, note: (message: string) => void): Promise<void> {
  if (workflowId === undefined) return note('nothing to cancel');
  cancelled.add(workflowId);
  note(`cancelled: ${workflowId}`);
  await ask(fleet.urls, `/v1/pipelines/workflows/${workflowId}/cancel`, { body: {} });
}

/** Until it is done, or there is nothing to do any more: the run has ended meanwhile. */
async function stubbornly(work: () => Promise<void>): Promise<void> {
  for (const end = Date.now() + patience; ; await wait(500)) {
    try {
      return await work();
    } catch (error) {
      if (isOver(error)) return;
      if (Date.now() > end) throw error;
    }
  }
}

function isOver(error: unknown): boolean {
  return /already completed|not found/i.test((error as Error).message);
}
