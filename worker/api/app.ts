import { OpenAPIHono } from '@hono/zod-openapi';
import { except } from 'hono/combine';
import { maximumPayload } from '../../sdk/authoring/payload-size.js';
import { processLog } from '../logging/log.js';
import { answerInTime } from './answer-in-time.js';
import type { ApiContext } from './api-context.js';
import { addApprovals } from './approvals.js';
import { addAudit } from './audit-list.js';
import { addCancel } from './cancel.js';
import { addCodec, codecPath, openCodec } from './codec.js';
import { addEventSchemas } from './event-schemas.js';
import { addEvents } from './events.js';
import { addExecute } from './execute.js';
import { addFrontPage } from './front-page.js';
import { Gate } from './gate.js';
import { addHealth } from './health.js';
import { addKeys } from './keys.js';
import { limitBody } from './limit-body.js';
import { addMetrics } from './metrics.js';
import { addDescription, requireRoles, routesOf } from './openapi.js';
import { addPipelines } from './pipelines.js';
import { refuse, refuseInvalid, refuseUnknown } from './refuse.js';
import { RequestGuard } from './request-limits.js';
import { requestLog } from './request-log.js';
import { RequestMetrics } from './request-metrics.js';
import { addRunDetail } from './run-detail.js';
import { addRunLogs } from './run-logs.js';
import { RunOwners } from './run-owners.js';
import { addRunParts } from './run-parts.js';
import { addRuns } from './runs.js';
import { sameMachine } from './same-machine.js';
import { addSignal } from './signal.js';
import { addStatus } from './status.js';

/** The API's routes, not yet listening. */
export function makeApp(given: ApiContext): OpenAPIHono {
  const requests = new RequestMetrics();
  const context = { ...given, sources: [...(given.sources ?? []), requests.source] };
  context.client.know(...[...context.catalogue.pipelines.values()].map(({ pipeline }) => pipeline));
  const app = new OpenAPIHono({ defaultHook: refuseInvalid });
  app.use(requestLog(context.log ?? processLog, requests));
  if (context.authenticator === undefined) app.use(sameMachine);
  const guard = new RequestGuard(context.limits);
  app.use(guard.middleware(context.authenticator !== undefined));
  app.use(answerInTime());
  const gate = new Gate(context.authenticator, context.catalogue, new RunOwners(context.client, context.record), guard);
  app.use((c, next) => {
    c.set('gate' as never, gate as never);
    c.set('audit' as never, context.audit as never);
    return next();
  });
  openCodec(app, context);
  app.use(except(`${codecPath}/*`, limitBody(maximumPayload, 'The body has')));
  // What is asked of a run is soon in its record.
  app.use('/v1/pipelines/workflows/:workflowId/*', async ({ req }, next) => {
    await next();
    if (req.method !== 'GET') context.record.nudge(req.param('workflowId'));
  });
  // Fixed paths go before those with a parameter.
  const reading = [addHealth, addMetrics, addRuns, addRunDetail, addRunParts, addRunLogs, addEvents, addEventSchemas, addStatus, addAudit];
  for (const add of [...reading, addKeys, addCodec, addApprovals, addSignal, addCancel, addPipelines, addExecute]) add(app, context);
  addDescription(app, context);
  addFrontPage(app, context);
  requireRoles(app);
  app.onError(refuse);
  app.notFound((c) => refuseUnknown(c, routesOf(app)));
  return app;
}
