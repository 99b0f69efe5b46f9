import { Context } from '@temporalio/activity';
import * as z from 'zod';
import type { Catalogue } from '../../worker/host/catalogue.js';
import { Refused } from '../authoring/errors.js';
import { step } from '../authoring/step.js';
import { asActivity } from '../node/as-activity.js';
import type { Temporal } from '../node/client/temporal.js';
import type { Connections } from '../node/connections/connections.js';
import type { Implementation } from '../node/implement.js';
import { describeRun } from '../node/status/read-run.js';
import type { TestCall } from './test-result.js';

/** What stands in during one run and its children, and what they called. */
export interface Cast {
  readonly replacements: ReadonlyMap<string, Implementation>;
  readonly calls: TestCall[];
}

/** Does each step of each run under test: by the run's own replacement, else by its real work. */
export class StandIns {
  private readonly casts = new Map<string, Cast>();

  constructor(
    private readonly catalogue: Catalogue,
    private readonly connections: Connections,
    private readonly temporal: Temporal,
  ) {}

  /** Sets who stands in during a run. */
  set(workflowId: string, cast: Cast): void {
    this.casts.set(workflowId, cast);
  }

  /** The activity of every name. */
  readonly perform = async (input: unknown): Promise<unknown> => {
    const { activityType: name, activityId: callId, workflowExecution, workflowType: pipeline = '', attempt } = Context.current().info;
    const { workflowId = '', runId = '' } = workflowExecution ?? {};
    const cast = await this.castOf(workflowId, runId);
    if (attempt === 1) cast?.calls.push({ pipeline, callId, step: name, input });
    const implementation = cast?.replacements.get(name) ?? this.catalogue.steps.get(name)?.implementation ?? refusing(name);
    return asActivity(implementation, this.connections)(input);
  };

  /** A child plays with its parent's cast. */
  private async castOf(workflowId: string, runId: string): Promise<Cast | undefined> {
    const known = this.casts.get(workflowId);
    if (known !== undefined) return known;
    const { workflowExecutionInfo: info } = await describeRun(this.temporal, workflowId, runId);
    const { workflowId: parent, runId: parentRun } = info?.parentExecution ?? {};
    const cast = parent ? await this.castOf(parent, parentRun ?? '') : undefined;
    if (cast !== undefined) this.casts.set(workflowId, cast);
    return cast;
  }
}

const AnyJson = z.unknown();

/** Nobody's work: says so as a step's own error, so that the run fails with the cause and the fix. */
function refusing(id: string): Implementation {
  const work = () => {
    throw new Refused(`The step '${id}' has neither a replacement in this test nor work of its own.`, {
      code: 'not_implemented',
      where: id,
      fix: `Replace it: steps: [replace(${id}, async (input) => …)], or implement it in the folder of the test bed.`,
    });
  };
  return { step: step(id, { input: AnyJson, output: AnyJson }), work };
}
