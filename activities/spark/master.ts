import { HeadraceError, PermissionDeniedError } from '../../sdk/index.js';
import type { Connection } from '../../sdk/node/index.js';
import { limitTime } from '../http/limit-time.js';
import { objectIn, unexpectedAnswer } from '../http/unexpected-answer.js';

export type SparkConnection = Extract<Connection, { kind: 'spark' }>;

/** What the master's page says as JSON, as far as it is used. */
export interface MasterState {
  readonly url: string;
  readonly status: string;
  readonly workers: readonly { id: string; state: string; webuiaddress: string }[];
  readonly activedrivers: readonly Driver[];
  readonly completeddrivers: readonly Driver[];
  readonly completedapps?: readonly Application[];
}

/** What a driver's SparkContext is to the master. */
export interface Application {
  readonly name: string;
  /** That it held, when it ended. */
  readonly cores: number;
  /** Milliseconds. */
  readonly duration: number;
}

export interface Driver {
  readonly id: string;
  readonly state: string;
  /** The id of its worker; `None` while it waits for one. */
  readonly worker: string;
  readonly mainclass: string;
}

/** An answer of the REST submission API. */
export interface Submission {
  readonly success?: boolean;
  readonly message?: string;
  readonly submissionId?: string;
  readonly driverState?: string;
  readonly workerId?: string;
  readonly serverSparkVersion?: string;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

const patience = 30_000;
const notAlive = /Current state is not alive: (\w+)/;
const restIs = "rest is the address of the master's REST submission API (port 6066, spark.master.rest.enabled), ui that of its page.";

/** A standalone cluster: its REST API, and the pages of its master and workers. */
export class Master {
  constructor(
    /** The connection's name. */
    readonly name: string,
    readonly connection: SparkConnection,
  ) {}

  create(body: object, signal: AbortSignal): Promise<Submission> {
    return this.rest('POST', 'create', signal, body);
  }

  /** Undefined where the master knows none of that id. */
  async status(id: string, signal: AbortSignal): Promise<Submission | undefined> {
    const answer = await this.rest('GET', `status/${id}`, signal);
    return answer.success === true ? answer : undefined;
  }

  /** Spark's, as the REST API says it of a driver that nobody has. */
  async version(signal: AbortSignal): Promise<string | undefined> {
    return (await this.rest('GET', 'status/none', signal)).serverSparkVersion;
  }

  /** @throws HeadraceError unreachable */
  async reach(page: string, signal: AbortSignal): Promise<void> {
    await this.fetch(new URL(page), { signal });
  }

  async kill(id: string, signal: AbortSignal): Promise<void> {
    await this.rest('POST', `kill/${id}`, signal);
  }

  async state(signal: AbortSignal): Promise<MasterState> {
    const answer = await this.fetch(new URL('json/', withSlash(this.connection.ui)), { signal });
    return this.parsed<MasterState>(answer, ['workers', 'activedrivers', 'completeddrivers'], "ui is the address of the master's page (port 8080).");
  }

  /** A part of a driver's log, from its worker; undefined where the worker has none. */
  async log(
    worker: string,
    driver: string,
    logType: 'stdout' | 'stderr',
    part: { offset?: number; length: number },
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const query = new URLSearchParams({ driverId: driver, logType, byteLength: String(part.length) });
    if (part.offset !== undefined) query.set('offset', String(part.offset));
    const answer = await this.fetch(new URL(`log/?${query.toString()}`, withSlash(worker)), { signal });
    if (answer.status !== 200) return undefined;
    // A page in its place would hide that the driver is ours.
    if (answer.text.trimStart().startsWith('<')) throw this.unexpected(answer);
    return answer.text.replace(/^==== Bytes .*\n/, '');
  }

  private async rest(method: string, path: string, signal: AbortSignal, body?: object): Promise<Submission> {
    const { rest, token } = this.connection;
    const headers = { 'content-type': 'application/json;charset=UTF-8', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) };
    const url = new URL(`v1/submissions/${path}`, withSlash(rest));
    const told = this.parsed<Submission>(
      await this.fetch(url, { method, headers, signal, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }),
      ['action'],
      restIs,
    );
    // One that recovers, or stands by, knows no driver, and does nothing of what it is asked.
    const state = told.success === true ? undefined : notAlive.exec(told.message ?? '')?.[1];
    if (state !== undefined) throw this.unreachable(`its master is ${state}`);
    return told;
  }

  private parsed<Told>(answer: Answer, has: readonly string[], fix: string): Told {
    const { status, text } = answer;
    if (status === 401 || status === 403) throw new PermissionDeniedError(`Spark on '${this.name}' refuses the request (${status}).`, { where: this.name });
    if (status > 500) throw this.unreachable(`it answered ${status}`);
    const told = objectIn(text);
    if (told === undefined || !has.every((key) => key in told)) throw this.unexpected(answer, fix);
    return told as Told;
  }

  private unexpected(answer: Answer, fix?: string): HeadraceError {
    return unexpectedAnswer(`Spark on '${this.name}'`, answer, { where: this.name, ...(fix === undefined ? {} : { fix }) });
  }

  private async fetch(url: URL, request: RequestInit & { signal: AbortSignal }): Promise<Answer> {
    const limit = limitTime(request.signal, patience);
    try {
      const response = await fetch(url, { ...request, signal: limit.signal });
      return { status: response.status, text: await response.text() };
    } catch (error) {
      request.signal.throwIfAborted();
      throw this.unreachable(((error as Error).cause as Error | undefined)?.message ?? (error as Error).message, error);
    } finally {
      limit.end();
    }
  }

  unreachable(reason: string, cause?: unknown): HeadraceError {
    return new HeadraceError(`Spark on '${this.name}' does not answer: ${reason}`, { code: 'unreachable', where: this.name, cause });
  }
}

function withSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`;
}
