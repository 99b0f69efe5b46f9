import { HeadraceError } from '../../../sdk/index.js';
import { authorized } from './client-options.js';
import type { FailureInfo, Page, StatementError } from './page.js';
import type { StatementOptions } from './running-statement.js';
import { read, send } from './transport.js';

/** What Trino knows of a statement, whoever sent it, without moving it on. */
export interface QueryInfo {
  readonly state: string;
  readonly queryStats: {
    readonly processedInputPositions?: number;
    readonly processedInputDataSize?: string;
    readonly completedDrivers?: number;
    readonly totalDrivers?: number;
  };
  readonly error: StatementError | undefined;
}

/** Asks for one page. trino-client's iterator goes on by itself past pages without rows, and so past the place where another attempt could go on. */
export async function getPage(url: string, { reach, settings, caller }: StatementOptions): Promise<Page> {
  return read<Page>(await send(reach, { method: 'GET', url, headers: authorized(settings, caller) }), reach, 'id');
}

/** How a statement is; undefined where Trino has forgotten it. */
export async function queryInfo(id: string, { reach, settings, caller }: StatementOptions): Promise<QueryInfo | undefined> {
  const url = `/v1/query/${encodeURIComponent(id)}?pruned=true`;
  const reply = await unlessGone(send(reach, { method: 'GET', url, headers: authorized(settings, caller) }));
  if (reply === undefined) return undefined;
  const { state, queryStats = {}, errorCode, failureInfo } = read<Told>(reply, reach, 'state');
  const error = errorCode && { errorName: errorCode.name, errorType: errorCode.type, message: failureInfo?.message ?? errorCode.name, failureInfo };
  return { state, queryStats, error };
}

interface Told extends Omit<QueryInfo, 'error'> {
  readonly errorCode?: { readonly name: string; readonly type: string };
  readonly failureInfo?: FailureInfo;
}

/** Ends a statement by its id, for which Trino asks for the right to end it. */
export async function endQuery(id: string, { reach, settings, caller }: StatementOptions): Promise<void> {
  await unlessGone(send(reach, { method: 'DELETE', url: `/v1/query/${encodeURIComponent(id)}`, headers: authorized(settings, caller) }));
}

/** What a question gives, or undefined where Trino knows nothing of what was asked. */
export async function unlessGone<Answer>(question: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await question;
  } catch (error) {
    if (error instanceof HeadraceError && error.code === 'work_lost') return undefined;
    throw error;
  }
}
