import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ValidationError } from 'headrace';
import { implement } from 'headrace/node';
import * as z from 'zod';
import { unfoldGeojson } from './unfold-geojson.js';

const Point = z.object({ properties: z.record(z.string(), z.unknown()), geometry: z.object({ coordinates: z.array(z.number()) }) });
const Collection = z.object({ features: z.array(Point) });

export default implement(
  { unfoldGeojson },
  {
    unfoldGeojson: async ({ from, path, into }, context) => {
      const { signal } = context;
      const text = await readFile(join(context.connection(from, 'files').folder, path), { encoding: 'utf8', signal });
      const read = Collection.safeParse(JSON.parse(text));
      if (!read.success) throw new ValidationError(`${path} is no collection of points.`, { where: path }); // never tried again
      const rows = read.data.features.map(({ properties, geometry: { coordinates } }) => {
        const [longitude, latitude, depth] = coordinates;
        return JSON.stringify({ ...properties, longitude, latitude, depth });
      });
      const { folder } = context.connection(into, 'files');
      await mkdir(folder, { recursive: true });
      const draft = join(folder, `.${context.runId}.${context.attempt}`);
      await writeFile(draft, rows.join('\n'), { signal });
      await rename(draft, join(folder, path)); // an attempt that comes again replaces the file whole
      return { path, rows: rows.length };
    },
  },
);
