import { type HeadraceError, PermissionDeniedError } from '../../../sdk/index.js';
import type { Look, OutsideWork } from '../../outside/outside-work.js';
import { sourceOf } from './client-options.js';
import { failureName, translateFailure } from './errors.js';
import { type Changed, changedBy, type Page, type Progress } from './page.js';
import { endQuery, getPage, type QueryInfo, queryInfo, unlessGone } from './query-info.js';
import { cancelAt, RunningStatement, type StatementOptions } from './running-statement.js';
import type { TrinoSession } from './session.js';

/** Where a statement is: what the next attempt needs to go on with it. */
export interface Place {
  /** Trino's id of it. */
  readonly query: string;
  /** The page that was asked for last, which Trino gives again; a later one would be gone for whoever asks for an earlier one. */
  readonly uri?: string | undefined;
  readonly link?: string | undefined;
}

type Seen = Look<Changed, Place>;
const over = ['FINISHING', 'FINISHED', 'FAILED'];

/**
 * A long statement that changes something, begun once and gone on with after a worker's death. It is watched from one page, without moving on, until it is over:
 * whoever dies meanwhile leaves a page that the next attempt may ask for. Trino drops what nobody asks for in five minutes.
 */
export class StatementWork implements OutsideWork<Place, Changed> {
  readonly system = 'Trino';
  readonly connection: string;

  /** @param prepare what the statement wants to be so before it is begun under an id, and its text */
  constructor(
    private readonly session: TrinoSession,
    private readonly prepare: (id: string) => Promise<string>,
  ) {
    this.connection = session.connection;
  }

  async find(id: string, signal: AbortSignal): Promise<Place | undefined> {
    const query = await this.listed(id);
    if (query === undefined) return undefined;
    const info = await queryInfo(query, this.options(signal));
    if (info === undefined || over.includes(info.state)) return { query };
    // Its place was lost with the worker, and nobody else may ask for its pages: without that it would not end.
    await endQuery(query, this.options(signal));
    return undefined;
  }

  async submit(id: string, signal: AbortSignal): Promise<Place> {
    const text = await this.prepare(id);
    const { page } = await RunningStatement.submit(text, { ...this.options(signal), id });
    if (page.error !== undefined) throw translateFailure(page.error, page.id, this.connection);
    return { query: page.id, uri: page.nextUri, link: page.infoUri };
  }

  link({ link }: Place): string | undefined {
    return link;
  }

  async look(place: Place, signal: AbortSignal): Promise<Seen | undefined> {
    const options = this.options(signal);
    const at = place.uri === undefined ? undefined : await unlessGone(reach(place.uri, options));
    if (at?.page.error !== undefined) return this.failed(translateFailure(at.page.error, place.query, this.connection));
    const info = await queryInfo(place.query, options);
    if (info === undefined) return undefined;
    if (at === undefined) return this.without(place, info, options);
    const next = { ...place, uri: at.uri };
    return over.includes(info.state) ? this.drained(next, at.page, options) : { state: 'RUNNING', progress: progressOf(info), handle: next };
  }

  async cancel({ query, uri }: Place, signal: AbortSignal): Promise<void> {
    const options = this.options(signal);
    await unlessGone(uri === undefined ? endQuery(query, options) : cancelAt(uri, options));
  }

  /** Looks at a statement whose pages cannot be asked for any more. */
  private async without({ query }: Place, info: QueryInfo, options: StatementOptions): Promise<Seen | undefined> {
    if (info.state === 'FINISHED') return { state: 'SUCCEEDED', result: { rows: undefined, bytes: 0 } };
    if (info.error !== undefined) return this.failed(translateFailure(info.error, query, this.connection));
    await endQuery(query, options);
    return undefined;
  }

  /** Takes the remaining pages of a statement that is over. */
  private async drained({ query }: Place, first: Page, options: StatementOptions): Promise<Seen> {
    let page = first;
    while (page.nextUri !== undefined && page.error === undefined) page = await getPage(page.nextUri, options);
    this.session.account(page);
    if (page.error !== undefined) return this.failed(translateFailure(page.error, query, this.connection));
    return { state: 'SUCCEEDED', result: changedBy(page) };
  }

  private failed(error: HeadraceError): Seen {
    return { state: 'FAILED', error, isStopped: failureName(error) === 'USER_CANCELED' };
  }

  /** The newest statement that was begun under an id, where the user may see the list. */
  private async listed(id: string): Promise<string | undefined> {
    const source = sourceOf(this.session.settings, id);
    try {
      const [found] = await this.session.rows<{ query_id: string }>(
        'SELECT query_id FROM system.runtime.queries WHERE source = $1 ORDER BY created DESC LIMIT 1',
        [source],
      );
      return found?.query_id;
    } catch (error) {
      if (error instanceof PermissionDeniedError) return undefined;
      throw error;
    }
  }

  /** One question each: whoever follows the work asks again. */
  private options(signal: AbortSignal): StatementOptions {
    return { ...this.session.options(undefined, { signal, patience: 0 }), seen: () => undefined };
  }
}

/** The page that is asked for again and again: the first of those that Trino gives once it has begun to execute. */
async function reach(uri: string, options: StatementOptions): Promise<{ uri: string; page: Page }> {
  const page = await getPage(uri, options);
  if (page.nextUri === undefined || uri.includes('/executing/') || !page.nextUri.includes('/executing/')) return { uri, page };
  return { uri: page.nextUri, page: await getPage(page.nextUri, options) };
}

function progressOf({ state, queryStats }: QueryInfo): Progress {
  const { processedInputPositions = 0, processedInputDataSize = '0B', completedDrivers = 0, totalDrivers = 0 } = queryStats;
  return { state, rows: processedInputPositions, bytes: Number.parseInt(processedInputDataSize, 10), splits: `${completedDrivers}/${totalDrivers}` };
}
