import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import type { KeyRing } from '../../sdk/node/encryption/key-ring.js';
import { type Recording, recordingInterceptor } from '../events/index.js';
import type { Traces } from '../telemetry/telemetry.js';
import { tracingInterceptor } from '../telemetry/tracing-interceptor.js';

interface Told {
  record: Recording | undefined;
  traces: Traces | undefined;
  encryption: KeyRing | undefined;
}

/** What is told of each attempt of a step: to the record of runs and to traces, where there are any. */
export function interceptorsOf({ record, traces, encryption }: Told): ActivityInterceptorsFactory[] {
  return [...(traces === undefined ? [] : [tracingInterceptor(encryption !== undefined)]), ...(record === undefined ? [] : [recordingInterceptor(record)])];
}
