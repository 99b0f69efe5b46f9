import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request as overPlain } from 'node:http';
import { request as overTls, type RequestOptions } from 'node:https';
import type * as k8s from '@kubernetes/client-node';
import { HeadraceError } from '../../sdk/index.js';
import { limitTime } from '../http/limit-time.js';
import { objectIn, unexpectedAnswer } from '../http/unexpected-answer.js';
import { answered, unreachable } from './failure.js';
import { type KubernetesConnection, readConfig } from './kube-config.js';

/** The parts of a cluster's API that steps use. Requests end with their signal, and after half a minute. */
export interface ClusterApi {
  readonly batch: k8s.BatchV1Api;
  readonly core: k8s.CoreV1Api;
  readonly custom: k8s.CustomObjectsApi;
  readonly version: k8s.VersionApi;
  readonly reviews: k8s.AuthorizationV1Api;
  /** For a patch whose body is merged into the object. */
  readonly asMerge: k8s.ConfigurationOptions;
}

const patience = 30_000;

/** A cluster as a connection describes it. */
export class Cluster {
  private constructor(
    /** The connection's name. */
    readonly name: string,
    readonly namespace: string,
    private readonly library: typeof k8s,
    private readonly config: k8s.KubeConfig,
  ) {}

  /** @throws HeadraceError bad_connection where a kubeconfig cannot be read or names no such context */
  static async open(name: string, connection: KubernetesConnection): Promise<Cluster> {
    const library = await import('@kubernetes/client-node'); // loads slowly, and most workers never need it
    const config = readConfig(library, name, connection);
    const namespace = connection.namespace ?? config.getContextObject(config.getCurrentContext())?.namespace ?? 'default';
    return new Cluster(name, namespace, library, config);
  }

  /** Asks the API server. @throws the house's errors: HeadraceError unreachable, PermissionDeniedError and the others of `failure.ts` */
  async ask<Answer>(what: string, signal: AbortSignal, question: (api: ClusterApi) => Promise<Answer>): Promise<Answer> {
    return answered(what, this.name, signal, () => {
      const limit = limitTime(signal, patience);
      return question(this.api(limit.signal)).finally(limit.end);
    });
  }

  /** Reads what may be long, such as a log, piece by piece. @param path below the API server's address */
  async *read(what: string, path: string, signal: AbortSignal): AsyncGenerator<string> {
    const limit = limitTime(signal, patience);
    try {
      const response = await answered(what, this.name, signal, () => this.get(path, limit.signal));
      response.setEncoding('utf8');
      for await (const piece of response) yield piece as string;
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof HeadraceError ? error : unreachable(what, this.name, error);
    } finally {
      limit.end();
    }
  }

  private async get(path: string, signal: AbortSignal): Promise<IncomingMessage> {
    const url = new URL(`${this.config.getCurrentCluster()?.server.replace(/\/$/, '')}${path}`);
    const options: RequestOptions = { signal };
    await this.config.applyToHTTPSOptions(options);
    const request = (url.protocol === 'http:' ? overPlain : overTls)(url, options).end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    if (response.statusCode === 200) return response;
    const body = (await response.setEncoding('utf8').toArray()).join('');
    throw new this.library.ApiException(response.statusCode ?? 0, 'refused', body, {});
  }

  private api(signal: AbortSignal): ClusterApi {
    const { library, config } = this;
    const configuration = library.createConfiguration({
      baseServer: new library.ServerConfiguration(config.getCurrentCluster()?.server ?? '', {}),
      authMethods: { default: config },
      promiseMiddleware: [limited(signal), this.onlyObjects()],
    });
    return {
      batch: new library.BatchV1Api(configuration),
      core: new library.CoreV1Api(configuration),
      custom: new library.CustomObjectsApi(configuration),
      version: new library.VersionApi(configuration),
      reviews: new library.AuthorizationV1Api(configuration),
      asMerge: library.setHeaderOptions('Content-Type', library.PatchStrategy.MergePatch),
    };
  }

  /** The client would take a page of a proxy for an object without fields, or say of the object that it is gone. */
  private onlyObjects(): k8s.Middleware {
    return {
      pre: (request) => Promise.resolve(request),
      post: async (response) => {
        const { httpStatusCode: status, headers, body } = response;
        const text = await body.text();
        if (isOther(status, text)) throw unexpectedAnswer(`Kubernetes on '${this.name}'`, { status, text }, { where: this.name });
        return new this.library.ResponseContext(status, headers, { text: () => Promise.resolve(text), binary: () => Promise.resolve(Buffer.from(text)) });
      },
    };
  }
}

/** An API server says in plain words which of its paths it does not know; a page it never gives. */
function isOther(status: number, text: string): boolean {
  return status < 300 ? objectIn(text) === undefined : status === 404 && text.trimStart().startsWith('<');
}

function limited(signal: AbortSignal): k8s.Middleware {
  return {
    pre: (request) => {
      request.setSignal(signal);
      return Promise.resolve(request);
    },
    post: (response) => Promise.resolve(response),
  };
}
