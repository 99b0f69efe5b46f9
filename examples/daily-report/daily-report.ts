import { connection, pipeline } from 'headrace';
import { exportData, sql } from 'headrace/steps';
import * as z from 'zod';

const delays = connection('lake')('flights.delays');

/** A report by email: the day's worst routes, from the table that daily_flights keeps. */
export const dailyReport = pipeline(
  'daily_report',
  {
    description: 'The routes with the longest delays of a day, by email',
    owner: 'flight-data',
    input: z.object({ day: z.iso.date(), to: z.array(z.email()).min(1) }),
    output: z.object({ routes: z.number() }),
  },
  async (flow, { day, to }) => {
    const worst = await sql({
      on: 'lake',
      statement: `SELECT origin_city AS origin, destination_city AS destination, flights, average_delay, late_flights
        FROM delays WHERE day = $day AND flights >= 3 ORDER BY average_delay DESC LIMIT 20`,
      parameters: { day },
      tables: { delays },
      into: 'worst',
    });
    if (worst.rowCount === 0) {
      flow.skip(exportData, `No flights of ${day} are loaded.`);
      return { routes: 0 };
    }
    await exportData({
      from: worst.table,
      orderBy: [{ column: 'average_delay', descending: true }],
      to: { email: 'mail', recipients: to, subject: `Delays of ${day}`, rows: 20 },
    });
    return { routes: worst.rowCount };
  },
);
