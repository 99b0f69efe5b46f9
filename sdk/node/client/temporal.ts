import { type Client, type Connection, isGrpcServiceError, WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';
import { NamespaceNotFoundError, WorkflowNotFoundError } from '@temporalio/common';
import { HeadraceError } from '../../authoring/errors.js';
import { searchAttributes } from '../../authoring/run-memo.js';
import type { KeyRing } from '../encryption/key-ring.js';
import { openPayloads } from '../encryption/payload.js';

/** Milliseconds that Temporal may take for one answer. */
export const answerTime = 10_000;

const code = { invalid: 3, late: 4, notFound: 5, denied: 7, exhausted: 8, unavailable: 14, unauthenticated: 16 };

/** Temporal's server as Headrace speaks with it: every question is bounded, and every failure says cause and fix. */
export class Temporal {
  constructor(
    private readonly client: Client,
    private readonly connection: Connection,
    readonly address: string,
    readonly namespace: string,
    readonly taskQueue: string,
    /** What decrypts; nothing is encrypted without one. */
    readonly ring?: KeyRing,
  ) {}

  /** The same server, seen as it keeps things: what is encrypted stays so. */
  get sealed(): Temporal {
    return new Temporal(this.client, this.connection, this.address, this.namespace, this.taskQueue);
  }

  /**
   * Asks Temporal for what runs wrote, decrypted as far as the keys are here.
   *
   * @param notFound makes the error for what Temporal does not know
   * @throws HeadraceError no_temporal when it does not answer within the time
   */
  async read<Answer>(question: (client: Client) => Promise<Answer>, notFound?: () => HeadraceError): Promise<Answer> {
    const answer = await this.ask(question, notFound);
    return this.ring === undefined ? answer : openPayloads(this.ring, answer);
  }

  /**
   * Asks Temporal.
   *
   * @param notFound makes the error for what Temporal does not know
   * @throws HeadraceError no_temporal when it does not answer within the time
   */
  async ask<Answer>(question: (client: Client) => Promise<Answer>, notFound?: () => HeadraceError, within = answerTime): Promise<Answer> {
    try {
      return await this.client.withDeadline(Date.now() + within, () => question(this.client));
    } catch (error) {
      throw this.explain(error, notFound);
    }
  }

  /** Asks what takes as long as a run does. */
  async await<Answer>(question: (client: Client) => Promise<Answer>): Promise<Answer> {
    return question(this.client);
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  /** An error of Temporal's client for people; what is none of Temporal's server passes through. */
  explain(error: unknown, notFound?: () => HeadraceError): unknown {
    if (error instanceof NamespaceNotFoundError) return this.noNamespace(error);
    if (error instanceof WorkflowNotFoundError) return notFound?.() ?? error;
    if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return error;
    const grpc = grpcCause(error);
    if (grpc === undefined) return error;
    if (grpc.code === code.notFound) return /namespace/i.test(grpc.details) ? this.noNamespace(error) : (notFound?.() ?? error);
    if (grpc.code === code.invalid) return this.invalid(grpc.details, error);
    if (grpc.code === code.denied || grpc.code === code.unauthenticated) return this.refusing(grpc.details, error);
    return this.silent(grpc.details, error);
  }

  private silent(details: string, cause: unknown): HeadraceError {
    return new HeadraceError(`Temporal at ${this.address} does not answer: ${details}`, { code: 'no_temporal', where: this.address, cause });
  }

  private refusing(details: string, cause: unknown): HeadraceError {
    const fix = 'Check the API key and the certificate with which Headrace connects.';
    return new HeadraceError(`Temporal at ${this.address} refuses: ${details}`, { code: 'no_temporal', where: this.address, fix, cause });
  }

  private noNamespace(cause: unknown): HeadraceError {
    const fix = `Create it (temporal operator namespace create --namespace ${this.namespace}), or name another: TEMPORAL_NAMESPACE.`;
    return new HeadraceError(`Temporal at ${this.address} has no namespace '${this.namespace}'.`, { code: 'no_temporal', where: this.address, fix, cause });
  }

  private invalid(details: string, cause: unknown): HeadraceError {
    if (!/search attribute/i.test(details)) return new HeadraceError(`Temporal refuses this: ${details}`, { code: 'refused', cause });
    const attributes = searchAttributes.map(({ name }) => `--name ${name}`).join(' ');
    const fix = `temporal operator search-attribute create --namespace ${this.namespace} ${attributes} --type Keyword`;
    return new HeadraceError(`The namespace '${this.namespace}' lacks a search attribute: ${details}`, { code: 'search_attributes_missing', fix, cause });
  }
}

/** The gRPC error in what Temporal's client throws. */
export function grpcCause(error: unknown): { code: number; details: string } | undefined {
  for (let it = error; it instanceof Error; it = it.cause) if (isGrpcServiceError(it)) return it;
  return undefined;
}
