import createClient, { type Client, type ClientPathsWithMethod, type MaybeOptionalInit, type MethodResponse } from 'openapi-fetch';
import { ApiError, isReset, noAddress, refusalOf, silenceOf, strangerAt } from './api-error.js';
import { type FollowOptions, follow, type StreamMessage } from './event-stream.js';
import type { components, paths } from './openapi.js';

type Http = Client<paths, 'application/json'>;
type Optional<Init> = undefined extends Init ? [init?: Init] : [init: Init];

/** Something that the API answers, by its name in /openapi.json: `Api<'RunDetail'>`. */
export type Api<Name extends keyof components['schemas']> = components['schemas'][Name];
/** A path that takes GET, or POST. */
export type ApiPath<Method extends 'get' | 'post'> = ClientPathsWithMethod<Http, Method>;
/** What a path takes: `params` (path, query, header), `body`, `signal`. */
export type ApiRequest<Method extends 'get' | 'post', Path extends ApiPath<Method>> = Optional<MaybeOptionalInit<paths[Path], Method>>;
/** What a path answers. */
export type ApiAnswer<Method extends 'get' | 'post', Path extends ApiPath<Method>> = MethodResponse<Http, Method, Path>;

/** Where the API is, and who asks. */
export interface ApiClientOptions {
  /** Such as http://127.0.0.1:8092. */
  url: string;
  /** An API key or a token, or what gives the one that is good now. */
  token?: string | (() => string | undefined | Promise<string | undefined>);
  /** Milliseconds for one request; 60,000 unless said. Streams have none. */
  timeout?: number;
}

type EventQuery = NonNullable<paths['/v1/events']['get']['parameters']['query']>;

/**
 * A client of the API, typed by its own description: every path with what it takes and answers.
 *
 * @example
 * const api = new ApiClient({ url: 'http://127.0.0.1:8092', token: process.env.HEADRACE_API_KEY });
 * const { runs } = await api.get('/v1/pipelines/workflows', { params: { query: { status: 'FAILED' } } });
 * for await (const { data } of api.runEvents(runs[0].workflowId)) console.log(data.type);
 */
export class ApiClient {
  readonly url: string;
  private readonly http: Http;

  /** @throws ApiError unreachable when the address is none */
  constructor({ url, token, timeout = 60_000 }: ApiClientOptions) {
    this.url = url.replace(/\/$/, '');
    if (!/^https?:\/\//.test(url) || !URL.canParse(url)) throw noAddress(url);
    // Of a stream its silence is watched instead.
    this.http = createClient({ baseUrl: this.url, fetch: (request) => fetch(request, isStream(request) ? {} : { signal: within(timeout, request.signal) }) });
    this.http.use({
      onRequest: async ({ request }) => {
        const login = typeof token === 'function' ? await token() : token;
        if (login) request.headers.set('authorization', `Bearer ${login}`);
      },
      onResponse: async ({ response }) => {
        if (!response.ok) throw await refusalOf(response);
        if (response.status !== 204 && !/json|text\/(plain|event-stream)/.test(response.headers.get('content-type') ?? '')) throw strangerAt(response);
      },
    });
  }

  /** @throws ApiError the API's refusal, or unreachable */
  async get<Path extends ApiPath<'get'>>(path: Path, ...[request]: ApiRequest<'get', Path>): Promise<ApiAnswer<'get', Path>> {
    const asked = () => this.ask(this.http.GET as AnyMethod, path, request);
    const answer = await asked().catch((error: unknown) => {
      // An idle connection was closed while this was sent on it: a question may be asked again.
      if (isReset(error)) return asked();
      throw error;
    });
    return answer as ApiAnswer<'get', Path>;
  }

  /** @throws ApiError the API's refusal, or unreachable */
  async post<Path extends ApiPath<'post'>>(path: Path, ...[request]: ApiRequest<'post', Path>): Promise<ApiAnswer<'post', Path>> {
    return (await this.ask(this.http.POST as AnyMethod, path, request)) as ApiAnswer<'post', Path>;
  }

  /** What happens to all runs from now on, or after a position: without an end, across lost connections. */
  events({ query, ...options }: FollowOptions & { query?: EventQuery } = {}): AsyncGenerator<StreamMessage<Api<'Event'>>, void> {
    return this.follow('/v1/events', { query }, options);
  }

  /** What happens to a run from its begin to its end. */
  runEvents(workflowId: string, options: FollowOptions = {}): AsyncGenerator<StreamMessage<Api<'Event'>>, void> {
    return this.follow('/v1/pipelines/workflows/{workflowId}/events', { path: { workflowId } }, fromBegin(options));
  }

  /** The log of a run from its begin to its end. */
  runLogs(workflowId: string, options: FollowOptions = {}): AsyncGenerator<StreamMessage<Api<'LogLine'>>, void> {
    return this.follow('/v1/pipelines/workflows/{workflowId}/logs', { path: { workflowId } }, fromBegin(options));
  }

  private follow<Data>(path: string, params: object, options: FollowOptions): AsyncGenerator<StreamMessage<Data>, void> {
    return follow<Data>(async (lastEventId, signal) => {
      const headers = { accept: 'text/event-stream', 'last-event-id': lastEventId };
      const body = await this.ask(this.http.GET as AnyMethod, path, { params, headers, signal, parseAs: 'stream' });
      return body as ReadableStream<Uint8Array> | undefined;
    }, options);
  }

  private async ask(method: AnyMethod, path: string, request: unknown): Promise<unknown> {
    try {
      return (await method(path, request)).data;
    } catch (error) {
      const known = error instanceof ApiError || (error as Error).name === 'AbortError';
      throw known ? error : silenceOf(this.url, error);
    }
  }
}

/** openapi-fetch checks a path with what it takes where the path is known, and here it is generic. */
type AnyMethod = (path: string, request?: unknown) => Promise<{ data?: unknown }>;

const isStream = (request: Request) => request.headers.get('accept') === 'text/event-stream';

/** Without a position, the end of a stream that had no message would not be told from a lost connection. */
const fromBegin = (options: FollowOptions) => ({ ...options, lastEventId: options.lastEventId ?? '0' });

const within = (milliseconds: number, signal: AbortSignal) => AbortSignal.any([signal, AbortSignal.timeout(milliseconds)]);
