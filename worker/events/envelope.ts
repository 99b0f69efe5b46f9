import { requiredJson } from '../registry/safe-json.js';
import type { RunFacts } from './facts.js';
import { type Happening, timeOf } from './happening.js';
import { type PipelineEvent, schemaId } from './kinds.js';

/** Which run an event is of, and where in it. */
export interface RunPlace {
  namespace: string;
  workflowId: string;
  runId: string;
  executionId: string;
}

/**
 * The event of a happening. Its id stays the same however often it is projected: workflow, execution, event and kind (DESIGN §3.3).
 *
 * @param sequence its number in the run; undefined for what is live only
 */
export function envelop(
  { namespace, ...place }: RunPlace,
  facts: Pick<RunFacts, 'tenant' | 'pipeline' | 'version'>,
  happening: Happening,
  id: string,
  sequence?: number,
): PipelineEvent {
  const { kind, at, data } = happening;
  const { callId, attempt, rows, durationMs } = data as { callId?: string; attempt?: number; rows?: number; durationMs?: number };
  const event = {
    specversion: '1.0',
    id,
    source: `/headrace/${encodeURIComponent(namespace)}`,
    type: kind,
    subject: place.workflowId,
    time: timeOf(at),
    datacontenttype: 'application/json',
    dataschema: schemaId(kind),
    tenant: facts.tenant,
    pipeline: facts.pipeline,
    pipelineversion: facts.version,
    run: place.runId,
    call: callId,
    attempt,
    rows,
    duration: durationMs,
    ...(sequence === undefined ? {} : { sequence: String(sequence), sequencetype: 'Integer' }),
    data: { ...place, sequence, ...data },
  };
  // What is undefined is left out, and what the registry cannot keep is replaced, before anybody sees it.
  return JSON.parse(requiredJson(event)) as PipelineEvent;
}

/** The ids of happenings, in their order: of several of one kind in one event, the later ones are numbered. */
export function idsOf({ workflowId, executionId }: RunPlace, happenings: readonly Happening[]): string[] {
  const seen = new Map<string, number>();
  return happenings.map(({ event, kind }) => {
    const id = `${workflowId}/${executionId}/${event}/${kind}`;
    const count = (seen.get(id) ?? 0) + 1;
    seen.set(id, count);
    return count === 1 ? id : `${id}/${count}`;
  });
}
