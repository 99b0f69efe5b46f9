import type { Context } from 'hono';
import { routePath } from 'hono/route';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import { unknownRun } from '../../sdk/node/client/unknown-run.js';
import type { Authenticator } from '../auth/authenticator.js';
import { local, may, mayEverywhere, type Principal, type Role } from '../auth/principal.js';
import { Unauthenticated } from '../auth/unauthenticated.js';
import type { Catalogue } from '../host/catalogue.js';
import type { Admission, Asked, Keeper } from './asked.js';
import type { RequestGuard } from './request-limits.js';
import type { RunOwners } from './run-owners.js';
import { findPipeline } from './seen.js';

/** Lets in who may use a route, as far as the run or pipeline in its path goes. */
export class Gate implements Admission {
  constructor(
    private readonly authenticator: Authenticator | undefined,
    private readonly catalogue: Catalogue,
    private readonly owners: RunOwners,
    private readonly guard: RequestGuard,
  ) {}

  /**
   * Says who asks, and for which pipeline, when they may; of who may not, as far as they are known.
   *
   * @param keeper who keeps the run that the route is about
   * @throws Unauthenticated; TooMany; HeadraceError forbidden; unknown_run or unknown_pipeline for what is not theirs to see, as if it were not there
   */
  async admit(c: Context<Asked>, oneOf: readonly Role[], keeper: Keeper): Promise<void> {
    if (this.authenticator === undefined) return c.set('principal', local);
    const principal = await this.login(c, this.authenticator);
    c.set('principal', principal);
    const pipeline = await this.subject(c, principal, keeper);
    c.set('pipeline', pipeline);
    requireRole(principal, oneOf, pipeline);
  }

  /** Who guesses logins is stopped by address; who has one is not, from wherever it comes. */
  private async login(c: Context, authenticator: Authenticator): Promise<Principal> {
    try {
      const principal = await authenticator.authenticate(c.req.header('authorization'));
      this.guard.count(principal);
      return principal;
    } catch (error) {
      if (error instanceof Unauthenticated && error.given) this.guard.countAddress(c);
      throw error;
    }
  }

  /** The pipeline that the path is about, by itself or by its run. */
  private async subject(c: Context, principal: Principal, keeper: Keeper): Promise<string | undefined> {
    const workflowId = c.req.param('workflowId');
    if (workflowId === undefined) return this.pipeline(c, principal);
    const owner = await (keeper === 'Temporal' ? this.owners.latest(workflowId) : this.owners.recorded(workflowId, principal.tenant));
    if (owner === undefined || owner.tenant !== principal.tenant || !may(principal, 'viewer', owner.pipeline)) throw unknownRun(workflowId)();
    return owner.pipeline;
  }

  private pipeline(c: Context, principal: Principal): string | undefined {
    const path = routePath(c);
    const id = path.startsWith('/v1/pipelines/:id') ? c.req.param('id') : undefined;
    // One that is no longer hosted has its history still.
    if (id !== undefined && path.endsWith('/runs') && may(principal, 'viewer', id)) return id;
    return id === undefined ? undefined : findPipeline(this.catalogue, principal, id).pipeline.id;
  }
}

/** @throws HeadraceError forbidden when a principal has none of the roles; an admin's is one on every pipeline */
export function requireRole(principal: Principal, oneOf: readonly Role[], pipeline?: string): void {
  if (oneOf.some((role) => (role === 'admin' ? mayEverywhere(principal, role) : may(principal, role, pipeline)))) return;
  const role = oneOf.join(' or ');
  const where = pipeline === undefined ? '' : ` on ${pipeline}`;
  throw new HeadraceError(`'${principal.name}' does not have the role ${role}${where}.`, { code: 'forbidden', where: role });
}
