import { HeadraceError } from '../../sdk/index.js';
import type { Connection } from '../../sdk/node/index.js';
import { askServer, type Question, type Reply, type RestServer } from '../outside/rest-server.js';

export type FlinkConnection = Connection & { kind: 'flink' };

/** A session cluster's REST API, and that of the SQL gateway beside it. */
export class FlinkApi {
  private readonly server: RestServer;

  constructor(
    readonly connection: string,
    private readonly settings: FlinkConnection,
  ) {
    const { rest: url, headers, ca } = settings;
    this.server = {
      system: 'Flink',
      connection,
      url,
      headers,
      ca,
      get secrets() {
        return Object.values(headers).flatMap((value) => [value, ...value.split(' ')]);
      },
    };
  }

  /** Where people see it. */
  get url(): string {
    return this.server.url.replace(/\/$/, '');
  }

  /** Asks the JobManager. */
  ask(question: Question): Promise<Reply> {
    return askServer(this.server, question);
  }

  /** Asks the SQL gateway. @throws HeadraceError bad_connection where none is declared */
  askGateway(question: Question): Promise<Reply> {
    const { sqlGateway: url } = this.settings;
    if (url !== undefined) return askServer({ ...this.server, system: "Flink's SQL gateway", url }, question);
    throw new HeadraceError(`The connection '${this.connection}' has no sqlGateway.`, {
      code: 'bad_connection',
      where: this.connection,
      fix: 'Give it the url of the SQL gateway: sqlGateway.',
    });
  }
}
