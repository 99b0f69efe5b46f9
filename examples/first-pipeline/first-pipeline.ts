import { connection, pipeline } from 'headrace';
import { checks, extractData, type Load, loadData, sql, undoLoad, validateQuality } from 'headrace/steps';
import * as z from 'zod';

const lake = connection('lake');
const input = z.object({ year: z.number().int().min(2012).max(2015) });
const output = z.object({ months: z.number() });

export const monthlyWeather = pipeline('monthly_weather', { input, output }, async (flow, { year }) => {
  const raw = await extractData({ from: { files: 'vega', path: 'seattle-weather.csv' }, into: 'lake' });

  const quality = await validateQuality({ table: raw.table, checks: [checks.unique('date'), checks.range('temp_max', { min: -20, max: 45 })] });
  if (!quality.passed) throw new Error(`The weather cannot be believed: its quality is ${quality.score}.`);

  const months = await sql({
    on: 'lake',
    statement: `SELECT year(date) AS year, month(date) AS month, round(avg(temp_max), 1) AS warmest, sum(precipitation) AS rain
      FROM weather WHERE year(date) = $year GROUP BY ALL ORDER BY month`,
    parameters: { year },
    tables: { weather: raw.table },
    into: 'months',
  });

  const load: Load = { load: 'weather', from: months.table, into: lake('weather'), mode: 'overwrite_partition', partitionBy: 'year', partition: year };
  flow.undo(() => undoLoad(load)); // on failure, cancellation or a declined approval: the old rows come back
  const { rows } = await loadData(load);
  return { months: rows };
});
