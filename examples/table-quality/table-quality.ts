import { pipeline } from 'headrace';
import { type Check, checks, extractData, notifyQualityIssue, validateQuality } from 'headrace/steps';
import * as z from 'zod';

/** What is asked of each table, by file. */
const rules: Record<string, z.input<typeof Check>[]> = {
  'airports.csv': [checks.rowCount({ min: 3_000 }), checks.unique('iata'), checks.notNull('name'), checks.range('latitude', { min: -90, max: 90 })],
  'seattle-weather.csv': [
    checks.rowCount({ min: 1_461, max: 1_461 }),
    checks.type('date', 'date'),
    checks.acceptedValues('weather', ['drizzle', 'rain', 'sun', 'snow', 'fog']),
    checks.range('temp_max', { min: -20, max: 45 }),
  ],
  // No price of this file reaches 1,000: the check fails on purpose, so that the alert can be seen.
  'stocks.csv': [
    checks.notNull('price'),
    checks.range('price', { min: 0, max: 500 }),
    checks.sql('one price a month', 'SELECT symbol, date FROM checked GROUP BY ALL HAVING count(*) > 1'),
  ],
};

/** Several tables are checked at the same time, and one alert tells about those that are not as they should be. */
export const tableQuality = pipeline(
  'table_quality',
  {
    description: 'Quality of the reference tables, with an alert',
    owner: 'data-platform',
    input: z.object({ alert: z.array(z.string()).default(['console']) }),
    output: z.object({ checked: z.number(), failing: z.array(z.string()) }),
  },
  async (flow, { alert }) => {
    const reports = await flow.each(
      Object.entries(rules),
      async ([path, checks]) => {
        const { table } = await extractData({ from: { files: 'vega', path }, into: 'lake' });
        return { path, table, quality: await validateQuality({ table, checks }) };
      },
      { concurrency: 2 },
    );
    const failing = reports.filter(({ quality }) => !quality.passed);
    if (failing.length === 0) flow.skip(notifyQualityIssue, 'All tables are as they should be.');
    for (const { path, table, quality } of failing) await notifyQualityIssue({ to: alert, title: `${path} is not as it should be`, table, quality });
    return { checked: reports.length, failing: failing.map(({ path }) => path) };
  },
);
