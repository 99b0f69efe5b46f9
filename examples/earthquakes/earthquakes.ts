import { pipeline } from 'headrace';
import { extractData, sql } from 'headrace/steps';
import * as z from 'zod';
import { unfoldGeojson } from './unfold-geojson.js';

/** A step of one's own beside the built-in ones: GeoJSON, which none of them reads, becomes a table. */
export const strongQuakes = pipeline(
  'strong_quakes',
  {
    description: 'How many earthquakes of a week were strong, and where the strongest was',
    owner: 'seismology',
    input: z.object({ magnitude: z.number().min(0).max(10).default(5) }),
    output: z.object({ all: z.number(), strong: z.number(), strongest: z.string().nullable() }),
  },
  async (flow, { magnitude }) => {
    const file = await unfoldGeojson({ from: 'vega', path: 'earthquakes.json', into: 'landing' });
    flow.log('unfolded', { records: file.rows });
    const { table } = await extractData({ from: { files: 'landing', path: file.path }, into: 'lake' });
    const { rows } = await sql({
      on: 'lake',
      statement: 'SELECT count(*) AS strong, max_by(place, mag) AS strongest FROM quakes WHERE mag >= $magnitude',
      parameters: { magnitude },
      tables: { quakes: table },
    });
    const [{ strong, strongest } = { strong: 0, strongest: null }] = z.array(z.object({ strong: z.number(), strongest: z.string().nullable() })).parse(rows);
    return { all: file.rows, strong, strongest };
  },
);
