import { OpenAPIHono } from '@hono/zod-openapi';
import { bodyLimit } from 'hono/body-limit';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import { maximumPayload } from '../../sdk/authoring/payload-size.js';
import type { Client } from '../../sdk/node/client.js';
import type { RunRecord } from '../events/index.js';
import type { Catalogue } from '../host/catalogue.js';
import { addApprovals } from './approvals.js';
import { addCancel } from './cancel.js';
import { addExecute } from './execute.js';
import { addHealth } from './health.js';
import { addPipelines } from './pipelines.js';
import { refuse, refuseInvalid, refuseUnknown } from './refuse.js';
import { addRuns } from './runs.js';
import { sameMachine } from './same-machine.js';
import { addSignal } from './signal.js';
import { addStatus } from './status.js';

/** What the routes work with. */
export interface ApiContext {
  client: Client;
  catalogue: Catalogue;
  record: RunRecord;
}

const description = 'Starts runs of pipelines, reports on them and takes approvals. Refusals are problems after RFC 9457, with a code and a fix.';

/** The API's routes, not yet listening. */
export function makeApp(context: ApiContext): OpenAPIHono {
  context.client.know(...[...context.catalogue.pipelines.values()].map(({ pipeline }) => pipeline));
  const app = new OpenAPIHono({ defaultHook: refuseInvalid });
  app.use(sameMachine);
  app.use(bodyLimit({ maxSize: maximumPayload, onError: tooLarge }));
  // What is asked of a run is soon in its record.
  app.use('/v1/pipelines/workflows/:workflowId/*', async ({ req }, next) => {
    await next();
    if (req.method !== 'GET') context.record.nudge(req.param('workflowId'));
  });
  // Fixed paths go before those with a parameter.
  for (const add of [addHealth, addRuns, addApprovals, addStatus, addSignal, addCancel, addPipelines, addExecute]) add(app, context);
  app.doc31('/openapi.json', { openapi: '3.1.0', info: { title: 'Headrace', version: '1', description } });
  app.onError(refuse);
  app.notFound((c) => refuseUnknown(c, routesOf(app)));
  return app;
}

function tooLarge(): never {
  throw new HeadraceError(`The body has more than ${maximumPayload.toLocaleString('en')} bytes.`, { code: 'payload_too_large', where: 'body' });
}

function routesOf(app: OpenAPIHono): { method: string; path: string }[] {
  const declared = app.openAPIRegistry.definitions.flatMap((it) => (it.type === 'route' ? [{ method: it.route.method, path: it.route.path }] : []));
  return [...declared, { method: 'get', path: '/openapi.json' }];
}
