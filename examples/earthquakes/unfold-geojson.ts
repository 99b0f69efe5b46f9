import { step } from 'headrace';
import * as z from 'zod';

export const unfoldGeojson = step('unfold_geojson', {
  description: 'Writes the points of a GeoJSON file as rows of JSON.',
  input: z.object({ from: z.string(), path: z.string(), into: z.string() }),
  output: z.object({ path: z.string(), rows: z.number() }),
  retry: 'loading',
  timeout: '5 minutes',
});
