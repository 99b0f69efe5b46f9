import type { Command } from 'commander';
import type { Api } from '../../sdk/api-client/index.js';
import { addTarget, openApi, type Target } from './api.js';
import { show } from './output.js';
import { gather, pages } from './pages.js';
import { largestPage, readCount } from './reading.js';
import { readSince } from './since.js';
import { list } from './table.js';
import { moment, plain } from './terminal.js';

interface Filter extends Target {
  actor?: string;
  action?: string;
  subject?: string;
  since?: string;
  until?: string;
  limit: number;
}

/** audit: who changed what, by the API. */
export function addAuditing(command: Command): void {
  addTarget(command.command('audit'))
    .description('list who started, decided, cancelled and changed keys, the latest first; for admins')
    .option('--actor <name>', 'by this one only')
    .option('--action <action>', 'this only: run.start, approval.decide, run.cancel, key.create, …')
    .option('--subject <id>', 'done to this only, such as a run')
    .option('--since <moment>', "since then: '2h', '7 days', 2026-02-12", readSince)
    .option('--until <moment>', 'before then', readSince)
    .option('--limit <number>', 'how many', readCount, 20)
    .action(listEntries);
}

async function listEntries({ actor, action, subject, since, until, limit, ...options }: Filter): Promise<void> {
  const api = openApi(options);
  const filter = { actor, action, subject, after: since, before: until, limit: Math.min(limit, largestPage) };
  const read = (cursor?: string) => api.get('/v1/audit', { params: { query: { ...filter, cursor } } });
  const entries = await gather(pages(read, (page) => page.entries, limit));
  show({ entries }, options, list(['WHEN', 'WHO', 'WHAT', 'OUTCOME', 'ON', 'DETAILS'], entries.map(cells), 'no entries'));
}

function cells({ at, actor, action, subject, details: { outcome = 'done', ...details } }: Api<'AuditEntry'>): string[] {
  const said = Object.entries(details).map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return [moment(at), plain(actor), action, String(outcome), plain(subject), plain(said.join(' '))];
}
