import { RetryLater, ValidationError } from '../../sdk/index.js';
import type { Cluster } from './cluster.js';
import { createOnce, stillLeaving } from './create-once.js';
import { statusOf, unlessMissing } from './failure.js';
import type { JobHandle } from './job-work.js';

/** What every object of a cluster has, as far as it is used. */
export interface CustomObject {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly deletionTimestamp?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

export interface ResourceKind {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  /** Who carries such objects out: 'the Flink Kubernetes operator'. */
  readonly operator: string;
}

/** Objects of a kind that an operator brings, in the namespace of a connection. */
export class CustomResource<Found extends CustomObject> {
  private readonly place: { group: string; version: string; plural: string; namespace: string };

  constructor(
    private readonly cluster: Cluster,
    private readonly kind: ResourceKind,
  ) {
    const { group, version, plural } = kind;
    this.place = { group, version, plural, namespace: cluster.namespace };
  }

  /** Undefined where there is none, and where it is being taken away. */
  async read(name: string, signal: AbortSignal): Promise<Found | undefined> {
    const found = await this.readAny(name, signal);
    return found?.metadata.deletionTimestamp === undefined ? found : undefined;
  }

  /** The object that a step began; undefined where it is gone. @throws RetryLater while it is being taken away: nothing is begun beside what may still run */
  async readOwn({ name, uid }: JobHandle, signal: AbortSignal): Promise<Found | undefined> {
    const found = await this.readAny(name, signal);
    if (found?.metadata.uid !== uid) return undefined;
    if (found.metadata.deletionTimestamp !== undefined) throw stillLeaving(this.cluster, this.kind.kind, name);
    return found;
  }

  /** Those that steps of Headrace created. */
  async ours(signal: AbortSignal): Promise<readonly Found[]> {
    const wanted = { ...this.place, labelSelector: 'app.kubernetes.io/managed-by=headrace' };
    const { items } = await this.cluster.ask(
      `list the ${this.kind.plural}`,
      signal,
      ({ custom }) => custom.listNamespacedCustomObject(wanted) as Promise<{ items: Found[] }>,
    );
    return items;
  }

  /** Creates an object, or gives the one that has its name already. @throws ValidationError where the cluster has no such resource, RetryLater while the last is being taken away */
  async create(metadata: { readonly name: string }, spec: object, signal: AbortSignal): Promise<Found> {
    const { place } = this;
    const { group, version, kind } = this.kind;
    const body = { apiVersion: `${group}/${version}`, kind, metadata, spec };
    const create = () =>
      this.cluster.ask(`create the ${kind}`, signal, ({ custom }) => custom.createNamespacedCustomObject({ ...place, body }) as Promise<Found>);
    const creation = { kind, name: metadata.name, create, read: () => this.readAny(metadata.name, signal) };
    return createOnce(this.cluster, creation).catch((error: unknown) => {
      throw statusOf(error) === 404 ? this.unknown(error as Error) : error;
    });
  }

  /** Merges fields into an object; undefined where it is gone. */
  async change({ name, uid }: JobHandle, { metadata, spec }: { metadata: object; spec: object }, signal: AbortSignal): Promise<Found | undefined> {
    const body = { metadata: { ...metadata, uid }, spec }; // another object of this name is refused
    return this.cluster
      .ask(`change the ${this.kind.kind}`, signal, ({ custom, asMerge }) =>
        unlessMissing(custom.patchNamespacedCustomObject({ ...this.place, name, body }, asMerge) as Promise<Found>),
      )
      .catch((error: unknown) => {
        throw statusOf(error) === 409 ? new RetryLater((error as Error).message, { where: this.cluster.name, after: 500 }) : error;
      });
  }

  /** What is gone, or has another's name by now, is left as it is. */
  async remove({ name, uid }: JobHandle, signal: AbortSignal): Promise<void> {
    const body = { preconditions: { uid }, propagationPolicy: 'Background' };
    await this.cluster
      .ask(`delete the ${this.kind.kind}`, signal, ({ custom }) => unlessMissing(custom.deleteNamespacedCustomObject({ ...this.place, name, body })))
      .catch((error: unknown) => {
        if (statusOf(error) !== 409) throw error;
      });
  }

  private readAny(name: string, signal: AbortSignal): Promise<Found | undefined> {
    return this.cluster.ask(`read the ${this.kind.kind}`, signal, ({ custom }) =>
      unlessMissing(custom.getNamespacedCustomObject({ ...this.place, name }) as Promise<Found>),
    );
  }

  private unknown(cause: Error): ValidationError {
    const { kind, group, version, operator } = this.kind;
    return new ValidationError(`The cluster has no ${kind} (${group}/${version}), or not this namespace: ${cause.message}`, {
      where: this.cluster.name,
      fix: `Install ${operator} in the cluster, and name a namespace that is there.`,
      cause,
    });
  }
}

/** Which object it was, so that another one of its name is not taken for it. */
export function handleOf({ metadata: { name, uid } }: CustomObject): JobHandle {
  return { name, uid };
}
