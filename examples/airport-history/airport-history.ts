import { connection, pipeline } from 'headrace';
import { extractData, type Load, loadData, sql, undoLoad } from 'headrace/steps';
import * as z from 'zod';

const lake = connection('lake');
const warehouse = connection('warehouse');

/**
 * The four phases: flights and airports are extracted at the same time, transformed one after another, loaded into lake and warehouse at the same
 * time, and at load the airports' history is kept in the warehouse as a slowly changing dimension of type 2.
 */
export const airportHistory = pipeline(
  'airport_history',
  {
    description: 'Traffic and history of the airports, in phases',
    owner: 'flight-data',
    input: z.object({ day: z.iso.date() }),
    output: z.object({ airports: z.number(), changed: z.number() }),
  },
  async (flow, { day }) => {
    const ofDay = [
      { column: 'date', op: '>=' as const, value: day },
      { column: 'date', op: '<=' as const, value: `${day} 23:59:59.999999` },
    ];
    const airports = warehouse('flights.airports');
    const load = (it: Load) => {
      flow.undo(() => undoLoad(it));
      return loadData(it);
    };

    const done = await flow.phases({
      extract: {
        flights: () => extractData({ from: { files: 'vega', path: 'flights-3m.parquet' }, where: ofDay, into: 'lake' }),
        airports: () => extractData({ from: { files: 'vega', path: 'airports.csv' }, into: 'lake' }),
      },
      transform: async ({ flights, airports }) => {
        const counted = await sql({
          on: 'lake',
          statement: 'SELECT origin AS iata, count(*) AS departures, avg(delay) AS average_delay FROM flights GROUP BY origin',
          tables: { flights: flights.table },
          into: 'counted',
        });
        const named = await sql({
          on: 'lake',
          statement: `SELECT airports.iata, airports.name, airports.city, airports.state, counted.departures, counted.average_delay
            FROM airports JOIN counted ON counted.iata = airports.iata`,
          tables: { airports: airports.table, counted: counted.table },
          into: 'named',
        });
        const dated = await sql({
          on: 'lake',
          statement: 'SELECT $day AS day, * FROM named',
          parameters: { day },
          tables: { named: named.table },
          into: 'dated',
        });
        return { named: named.table, dated: dated.table };
      },
      load: ({ named, dated }) => ({
        traffic: () => load({ load: 'traffic', from: dated, into: lake('flights.traffic'), mode: 'overwrite_partition', partitionBy: 'day', partition: day }),
        airports: () => load({ load: 'airports', from: named, into: airports, mode: 'merge', keys: ['iata'] }),
      }),
      transformAtLoad: async () =>
        load({ load: 'history', from: airports, into: warehouse('flights.airport_history'), mode: 'scd2', keys: ['iata'], effectiveAt: `${day}T00:00:00Z` }),
    });
    return { airports: done.load.airports.rows, changed: done.transformAtLoad.inserted };
  },
);
