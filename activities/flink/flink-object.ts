import { type HeadraceError, PermissionDeniedError } from '../../sdk/index.js';
import type { CustomObject, ResourceKind } from '../kubernetes/custom-resource.js';
import { flinkError } from './flink-error.js';
import type { Operated } from './operated-schema.js';

/** What the operator writes of a FlinkDeployment or a FlinkSessionJob, as far as it is used. */
export interface FlinkObject extends CustomObject {
  readonly metadata: CustomObject['metadata'] & { readonly creationTimestamp: string };
  readonly spec: {
    /** Of a FlinkSessionJob. */
    readonly deploymentName?: string;
    readonly job?: { readonly state?: string };
  };
  readonly status?: FlinkStatus;
}

interface FlinkStatus {
  readonly jobStatus?: {
    readonly jobId?: string;
    readonly state?: string;
    /** Since 1.10 of the operator. */
    readonly upgradeSavepointPath?: string;
    readonly savepointInfo?: { readonly lastSavepoint?: { readonly location?: string } };
  };
  /** Of a FlinkDeployment only. */
  readonly jobManagerDeploymentStatus?: string;
  readonly lifecycleState?: string;
  readonly reconciliationStatus?: { readonly lastStableSpec?: string };
  /** JSON of an exception and of what caused it. */
  readonly error?: string;
}

/** Annotation of an object whose job was seen finished. */
export const endedMark = 'headrace/ended';

const operator = 'the Flink Kubernetes operator';
const apiOfFlink = { group: 'flink.apache.org', version: 'v1beta1' };

export const kinds: Readonly<Record<Operated['as'], ResourceKind>> = {
  deployment: { ...apiOfFlink, plural: 'flinkdeployments', kind: 'FlinkDeployment', operator },
  session_job: { ...apiOfFlink, plural: 'flinksessionjobs', kind: 'FlinkSessionJob', operator },
};

/** What the operator's exception stands for. */
export function operatorError(connection: string, error: string): HeadraceError {
  const stack = stackOf(error);
  // The operator's own account, or its webhook's no.
  if (/is forbidden: /.test(stack) && !stack.includes('exceeded quota')) return new PermissionDeniedError(`Flink: ${stack}`, { where: connection });
  return flinkError(connection, stack);
}

interface Thrown {
  readonly type?: string;
  readonly message?: string;
}

/** As Java prints it: the operator's list goes from the outermost cause to the innermost. */
function stackOf(error: string): string {
  try {
    const { throwableList = [], ...first } = JSON.parse(error) as Thrown & { throwableList?: Thrown[] };
    return [first, ...throwableList].map(asJava).join('\nCaused by: ');
  } catch {
    return error;
  }
}

/** What travelled from a cluster is wrapped, and names its own class in its message. */
function asJava({ type = 'Exception', message = '' }: Thrown): string {
  return type.endsWith('.SerializedThrowable') ? message : `${type}: ${message}`;
}
