import { HeadraceError } from '../../sdk/index.js';
import type { Connection } from '../../sdk/node/index.js';
import { askServer, type Question, type Reply, type RestServer } from '../outside/rest-server.js';

export type AirflowConnection = Connection & { kind: 'airflow' };
export type Version = 'v1' | 'v2';

/** Airflow's REST API, with a login: v2 is Airflow 3's, v1 is Airflow 2's. */
export class AirflowApi {
  /** Of a login by user and password. */
  private token: string | undefined;

  private constructor(
    private readonly server: RestServer,
    private readonly login: AirflowConnection,
    readonly version: Version,
  ) {}

  /** @throws HeadraceError bad_connection where something else answers; unreachable */
  static async open(name: string, connection: AirflowConnection, signal: AbortSignal): Promise<AirflowApi> {
    const server: RestServer = {
      system: 'Airflow',
      connection: name,
      url: connection.url,
      ca: connection.ca,
      get secrets() {
        return [connection.password, connection.token].filter((it) => it !== undefined);
      },
    };
    return new AirflowApi(server, connection, connection.version ?? (await findVersion(server, signal)));
  }

  /** Where people see it. */
  get url(): string {
    return this.server.url.replace(/\/$/, '');
  }

  get connection(): string {
    return this.server.connection;
  }

  /** Asks below /api/v1 or /api/v2. A token that has run out is renewed once. */
  async ask(question: Question): Promise<Reply> {
    const mayRenew = this.token !== undefined;
    const reply = await this.send(question, mayRenew ? [401] : []);
    if (reply.status !== 401) return reply;
    this.token = undefined;
    return this.send(question, []);
  }

  private async send(question: Question, also: readonly number[]): Promise<Reply> {
    const path = `api/${this.version}/${question.path}`;
    const headers = { ...question.headers, authorization: await this.authorization(question.signal) };
    return askServer(this.server, { ...question, path, headers, expected: [...(question.expected ?? []), ...also] });
  }

  private async authorization(signal: AbortSignal): Promise<string> {
    const { user, password, token } = this.login;
    // Asked for each time: it may be rotated while a run is followed.
    if (token !== undefined) return `Bearer ${token}`;
    if (this.version === 'v1') return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    this.token ??= await this.logIn(signal);
    return `Bearer ${this.token}`;
  }

  private async logIn(signal: AbortSignal): Promise<string> {
    const { user: username, password } = this.login;
    const { json } = await askServer(this.server, { method: 'POST', path: 'auth/token', body: { username, password }, expected: [404], anyForm: true, signal });
    const token = (json as { access_token?: unknown } | undefined)?.access_token;
    if (typeof token === 'string') return token;
    throw new HeadraceError(`Airflow on '${this.connection}' gives no token at /auth/token.`, {
      code: 'bad_connection',
      where: this.connection,
      fix: 'Check the url, and the version where it is given (v2 is of Airflow 3); where its login is elsewhere, give the connection a token instead of user and password.',
    });
  }
}

/** 3.x tells its version to anybody; 2.x knows no such path. */
async function findVersion(server: RestServer, signal: AbortSignal): Promise<Version> {
  for (const version of ['v2', 'v1'] as const) {
    const { json } = await askServer(server, { path: `api/${version}/version`, expected: [404], anyForm: true, signal });
    if (typeof (json as { version?: unknown } | undefined)?.version === 'string') return version;
  }
  throw new HeadraceError(`No Airflow answers at ${server.url}: neither /api/v2/version nor /api/v1/version is there.`, {
    code: 'bad_connection',
    where: server.connection,
    fix: 'Give the url of the web server without /api, and version where it does not tell its own. Airflow 1 has no such API: 2 or 3 is needed.',
  });
}
