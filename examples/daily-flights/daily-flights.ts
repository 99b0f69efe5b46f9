import { approval, connection, pipeline } from 'headrace';
import { checks, extractData, type Load, loadData, notifyQualityIssue, sql, undoLoad, validateQuality } from 'headrace/steps';
import * as z from 'zod';
import { delaysByRoute } from './flight-delays.js';

const lake = connection('lake');
const delays = lake('flights.delays');
const minimumQuality = 0.95;

export const loadAnyway = approval('load_anyway', {
  question: "Load this day's flights although their quality is below the threshold?",
  answer: z.object({ reason: z.string().min(1) }),
  within: '4 hours',
});

/** One day of flights, every day: extract, check, transform, and replace that day's partition of the delays by airport and route. */
export const dailyFlights = pipeline(
  'daily_flights',
  {
    description: 'Delays by airport and route of one day of flights',
    owner: 'flight-data',
    tags: ['flights', 'daily'],
    input: z.object({
      day: z.iso.date(),
      decideWithinSeconds: z
        .number()
        .positive()
        .default(4 * 3_600),
    }),
    output: z.object({ status: z.literal('COMPLETED'), day: z.string(), rows: z.number(), flights: z.number(), score: z.number() }),
    approvals: [loadAnyway],
    maxDuration: '8 hours',
  },
  async (flow, { day, decideWithinSeconds }) => {
    const [flights, airports] = await Promise.all([
      extractData({
        from: { files: 'vega', path: 'flights-3m.parquet' },
        where: [
          { column: 'date', op: '>=', value: day },
          { column: 'date', op: '<=', value: `${day} 23:59:59.999999` },
        ],
        into: 'lake',
      }),
      extractData({ from: { files: 'vega', path: 'airports.csv' }, into: 'lake' }),
    ]);
    flow.log('Flights extracted', { records: flights.rows });
    flow.progress(0.3);

    const quality = await validateQuality({
      table: flights.table,
      checks: [
        checks.rowCount({ min: 1, severity: 'critical' }),
        checks.notNull('origin'),
        checks.notNull('destination'),
        // A few days of 2001 have one flight that is later than can be.
        checks.range('delay', { min: -200, max: 2_000, tolerance: 0.001 }),
        checks.pattern('origin', '^[A-Z]{3}$'),
        checks.references('origin', airports.table, 'iata', { tolerance: 0.02 }),
        checks.volume(delays, { partitionBy: 'day', partition: day, sum: 'flights', least: 1, weight: 3, severity: 'critical' }),
      ],
    });
    if (quality.score < minimumQuality) {
      await notifyQualityIssue({ to: ['console'], table: flights.table, quality, minimum: minimumQuality });
      await flow.approve(loadAnyway, { evidence: quality, within: decideWithinSeconds * 1_000, reason: 'Quality below threshold' });
    }

    const transformed = await sql({
      on: 'lake',
      statement: delaysByRoute,
      parameters: { day },
      tables: { flights: flights.table, airports: airports.table },
      into: 'delays',
    });
    flow.progress(0.7);

    const load: Load = { load: 'delays', from: transformed.table, into: delays, mode: 'overwrite_partition', partitionBy: 'day', partition: day };
    flow.undo(() => undoLoad(load));
    const loaded = await loadData(load);
    flow.log('Delays loaded', { records: loaded.rows });
    return { status: 'COMPLETED' as const, day, rows: loaded.rows, flights: flights.rows, score: quality.score };
  },
);
