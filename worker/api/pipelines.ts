import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import { jsonSchema } from '../../sdk/node/json-schema.js';
import type { Catalogue, FoundPipeline } from '../host/catalogue.js';
import { short } from '../host/discover.js';
import type { ApiContext } from './app.js';
import { json, problems } from './documented.js';

const Schema = z.record(z.string(), z.unknown()).optional().meta({ description: 'JSON Schema, draft 2020-12' });

const Pipeline = z
  .object({
    id: z.string(),
    description: z.string().optional(),
    owner: z.string().optional(),
    tags: z.array(z.string()),
    file: z.string(),
    builtIn: z.boolean(),
    input: Schema,
    output: Schema,
    approvals: z.array(z.object({ id: z.string(), question: z.string(), within: z.number().meta({ description: 'Milliseconds' }), schema: Schema })),
    maxDuration: z.number().optional().meta({ description: 'Milliseconds' }),
  })
  .meta({ id: 'Pipeline' });

const Refused = z.object({ file: z.string(), code: z.string(), message: z.string(), fix: z.string().optional() });
const Pipelines = z.object({ pipelines: z.array(Pipeline), refused: z.array(Refused).meta({ description: 'Modules that could not be used' }) });

const list = createRoute({ method: 'get', path: '/v1/pipelines', summary: 'The pipelines', responses: { 200: json(Pipelines, 'All of them') } });
const one = createRoute({
  method: 'get',
  path: '/v1/pipelines/{id}',
  summary: 'One pipeline',
  request: { params: z.object({ id: z.string() }) },
  responses: { 200: json(Pipeline, 'The pipeline'), ...problems(404) },
});

export function addPipelines(app: OpenAPIHono, { catalogue }: ApiContext): void {
  app.openapi(list, (c) => {
    const pipelines = [...catalogue.pipelines.values()].map((found) => describe(catalogue, found));
    const refused = catalogue.refusals.map(({ file, error: { code, message, fix } }) => ({ file: short(catalogue, file), code, message, fix }));
    return c.json({ pipelines, refused }, 200);
  });
  app.openapi(one, (c) => c.json(describe(catalogue, findPipeline(catalogue, c.req.valid('param').id)), 200));
}

/** A pipeline by its id. @throws HeadraceError unknown_pipeline, with the ids that there are */
export function findPipeline(catalogue: Catalogue, id: string): FoundPipeline {
  const found = catalogue.pipelines.get(id);
  if (found !== undefined) return found;
  const known = [...catalogue.pipelines.keys()].join(', ') || 'none';
  throw new HeadraceError(`There is no pipeline '${id}'. There are: ${known}.`, { code: 'unknown_pipeline', where: id });
}

function describe(catalogue: Catalogue, { pipeline, file, builtIn }: FoundPipeline): z.input<typeof Pipeline> {
  const { id, description, owner, tags, input, output, approvals, maxDuration } = pipeline;
  return {
    id,
    description,
    owner,
    tags: [...tags],
    file: short(catalogue, file),
    builtIn,
    input: jsonSchema(input),
    output: jsonSchema(output, 'output'),
    approvals: approvals.map(({ id: approval, question, within, answer }) => ({ id: approval, question, within, schema: jsonSchema(answer) })),
    maxDuration,
  };
}
