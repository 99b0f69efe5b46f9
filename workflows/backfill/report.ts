import type { CalendarPages } from './calendar-pages.js';
import type { IndexRanges } from './index-ranges.js';
import type { Ledger } from './ledger.js';
import type { BackfillResult, ReportedRange } from './result.js';

/** The result of a backfill: indexes are told as keys and instants. */
export async function report(ledger: Ledger, pages: CalendarPages, total: number, startedAt: string): Promise<BackfillResult> {
  const { succeeded, rows, problems, failed, cancelled, notStarted } = ledger.tally();
  const complete = succeeded === total;
  return {
    status: complete ? 'COMPLETED' : 'INCOMPLETE',
    total,
    partitionsProcessed: succeeded + failed.size + cancelled.size,
    totalRows: rows,
    succeeded,
    failed: await describe(failed, pages),
    cancelled: await describe(cancelled, pages),
    notStarted: await describe(notStarted, pages),
    problems,
    duration: Date.now() - Date.parse(startedAt),
  };
}

async function describe(indexes: IndexRanges, pages: CalendarPages): Promise<ReportedRange[]> {
  const ranges = indexes.list();
  const known = await pages.pick([...new Set(ranges.flatMap(([from, to]) => [from, to - 1]))]);
  return ranges.flatMap(([from, to]) => {
    const [first, last] = [known.get(from), known.get(to - 1)];
    return first === undefined || last === undefined ? [] : [{ first: first.key, last: last.key, start: first.start, end: last.end, partitions: to - from }];
  });
}
