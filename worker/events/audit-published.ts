import type { Kysely } from 'kysely';
import type { Database } from '../registry/database.js';
import type { PipelineEvent } from './kinds.js';

/** A message as the bus has it. */
export interface PublishedEvent {
  key: string;
  value: string;
}

/** What registry and bus say differently of one event. */
export interface PublishedDifference {
  event: string;
  what: string;
  registry?: unknown;
  published?: unknown;
}

/**
 * Compares what was published with the registry's outbox: each event is there, under its run's key and as it is in the registry; a run's sequence
 * begins at 1 and goes on without a gap, in the order of arrival; what is there twice is the same, to the byte.
 *
 * @param published everything on the bus, each key in its order
 */
export async function auditPublished(database: Kysely<Database>, published: readonly PublishedEvent[]): Promise<PublishedDifference[]> {
  const rows = await database.selectFrom('outbox').select(['id', 'workflow_id', 'payload']).orderBy('position').execute();
  const first = new Map<string, PublishedEvent>();
  const differences: PublishedDifference[] = [];
  for (const message of published) {
    const { id } = parse(message);
    const before = first.get(id);
    if (before === undefined) first.set(id, message);
    else if (before.value !== message.value || before.key !== message.key)
      differences.push({ event: id, what: 'is there twice, and differs', published: [before, message] });
  }
  for (const { id, workflow_id, payload } of rows) {
    const message = first.get(id);
    if (message === undefined) differences.push({ event: id, what: 'was not published', registry: payload });
    else if (message.key !== workflow_id) differences.push({ event: id, what: 'has another key', registry: workflow_id, published: message.key });
    else if (message.value !== JSON.stringify(payload))
      differences.push({ event: id, what: 'is not as it is in the registry', registry: payload, published: message.value });
  }
  const known = new Set(rows.map(({ id }) => id));
  const unknown = [...first.keys()].filter((id) => !known.has(id));
  return [...differences, ...unknown.map((event) => ({ event, what: 'is unknown to the registry' })), ...outOfOrder([...first.values()])];
}

/** @param messages without those that are there again */
function outOfOrder(messages: readonly PublishedEvent[]): PublishedDifference[] {
  const reached = new Map<string, number>();
  return messages.map(parse).flatMap(({ id, data: { workflowId, runId, sequence } }) => {
    if (sequence === undefined) return [];
    const run = `${workflowId}/${runId}`;
    const due = (reached.get(run) ?? 0) + 1;
    reached.set(run, sequence);
    return sequence === due ? [] : [{ event: id, what: `comes where ${due} is due`, published: sequence }];
  });
}

function parse({ value }: PublishedEvent): PipelineEvent {
  return JSON.parse(value) as PipelineEvent;
}
