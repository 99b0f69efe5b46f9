import { afterAll, beforeAll, expect, test } from 'vitest';
import { askLake } from '../faults/rows.js';
import { openStory, type Story } from './story.js';

let story: Story;

beforeAll(async () => void (story = await openStory()));
afterAll(() => story?.ground.leave());

const allFlights = 3_000_000;
const flightsOfBadDay = 6;

const backfill = (start: string, end: string) => ({
  start,
  end,
  size: 'day',
  pipeline: 'daily_flights',
  partitionAs: 'day',
  input: { decideWithinSeconds: 4 },
});

test('all 182 days are done: 181 are loaded, one is cancelled because nobody decided, and the command says so', { timeout: 600_000 }, async () => {
  const { code, status } = await story.run('data_backfill', backfill('2001-01-01', '2001-07-02'));
  expect(status).toMatchObject({
    status: 'SUCCEEDED',
    output: {
      status: 'INCOMPLETE',
      total: 182,
      partitionsProcessed: 182,
      succeeded: 181,
      failed: [],
      cancelled: [{ first: '2001-07-01', last: '2001-07-01', partitions: 1 }],
      notStarted: [],
      problems: [{ key: '2001-07-01', state: 'CANCELLED', reason: 'Quality below threshold' }],
    },
  });
  expect(code).toBe(3);
  console.log(`182 days in ${status.duration}`);
  const days = await askLake(
    `SELECT day::VARCHAR AS day, sum(flights)::INTEGER AS flights, count(*) = count(DISTINCT (origin, destination)) AS once FROM read_parquet('${story.ground.lake}/flights.delays/**/*.parquet') GROUP BY day ORDER BY day`,
  );
  expect(days).toHaveLength(181);
  expect(days.every(({ once }) => once)).toBe(true);
  expect(days.reduce((sum, { flights }) => sum + Number(flights), 0)).toBe(allFlights - flightsOfBadDay);
});

test('a short backfill says COMPLETED and ends with 0', { timeout: 60_000 }, async () => {
  const { code, status } = await story.run('data_backfill', backfill('2001-03-01', '2001-03-06'));
  expect(status).toMatchObject({ status: 'SUCCEEDED', output: { status: 'COMPLETED', total: 5, succeeded: 5 } });
  expect(code).toBe(0);
  await story.keep('backfill-of-five-days', status.workflowId);
});
