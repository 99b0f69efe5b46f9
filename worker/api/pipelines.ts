import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import { whoMay } from '../../sdk/authoring/approval.js';
import { jsonSchema } from '../../sdk/node/json-schema.js';
import type { Catalogue, FoundPipeline } from '../host/catalogue.js';
import { short } from '../host/discover.js';
import type { ApiContext } from './api-context.js';
import { json, problems } from './documented.js';
import { needs } from './needs.js';
import { WhoMay } from './run-shape.js';
import { findPipeline, seenPipelines } from './seen.js';

const Schema = z.record(z.string(), z.unknown()).optional().meta({ description: 'JSON Schema, draft 2020-12' });

const AskedShape = z.object({
  id: z.string(),
  question: z.string(),
  within: z.number().meta({ description: 'Milliseconds' }),
  schema: Schema,
  ...WhoMay.shape,
});

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
    approvals: z.array(AskedShape),
    maxDuration: z.number().optional().meta({ description: 'Milliseconds' }),
  })
  .meta({ id: 'Pipeline' });

const Refused = z.object({ file: z.string(), code: z.string(), message: z.string(), fix: z.string().optional() });
const Pipelines = z.object({ pipelines: z.array(Pipeline), refused: z.array(Refused).meta({ description: 'Modules that could not be used' }) });

const list = createRoute({
  ...needs('viewer'),
  method: 'get',
  path: '/v1/pipelines',
  summary: 'The pipelines',
  responses: { 200: json(Pipelines, 'All of them') },
});
const one = createRoute({
  ...needs('viewer'),
  method: 'get',
  path: '/v1/pipelines/{id}',
  summary: 'One pipeline',
  request: { params: z.object({ id: z.string() }) },
  responses: { 200: json(Pipeline, 'The pipeline'), ...problems(404) },
});

export function addPipelines(app: OpenAPIHono, { catalogue }: ApiContext): void {
  app.openapi(list, (c) => {
    const pipelines = seenPipelines(catalogue, c.var.principal).map((found) => describe(catalogue, found));
    const refused = catalogue.refusals.map(({ file, error: { code, message, fix } }) => ({ file: short(catalogue, file), code, message, fix }));
    return c.json({ pipelines, refused }, 200);
  });
  app.openapi(one, (c) => c.json(describe(catalogue, findPipeline(catalogue, c.var.principal, c.req.valid('param').id)), 200));
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
    approvals: approvals.map(({ answer, ...asked }) => ({
      id: asked.id,
      question: asked.question,
      within: asked.within,
      schema: jsonSchema(answer),
      ...whoMay(asked),
    })),
    maxDuration,
  };
}
