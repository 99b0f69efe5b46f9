import { HeadraceError } from '../../sdk/authoring/errors.js';
import { defaultTenant } from '../../sdk/authoring/run-memo.js';

/** What somebody may do: viewers read; operators also start, signal and cancel; approvers also decide; admins all of that, and manage keys. */
export const roles = ['viewer', 'operator', 'approver', 'admin'] as const;
export type Role = (typeof roles)[number];

/** A role on pipelines. A role that is none of the four counts for approvals that name it. */
export interface Grant {
  role: string;
  /** A pipeline's id, in which `*` stands for anything. */
  pipelines: string;
}

/** Who asks, as authentication knows them. */
export interface Principal {
  /** `key:…` for a key, else the name in the token. */
  readonly name: string;
  /** Whose runs they see: from the key or token only. */
  readonly tenant: string;
  readonly grants: readonly Grant[];
  /** Whether they may make keys for other tenants. */
  readonly provisions?: true;
}

export const everyPipeline = '*';

/** Who may do everything, and sets up tenants by making keys for them. */
const owner = { tenant: defaultTenant, grants: [{ role: 'admin', pipelines: everyPipeline }], provisions: true } as const;

/** Who asks where authentication is not set up: whoever sits at this machine. */
export const local: Principal = { name: 'local', ...owner };

/** Who asks with the key that is in the settings. No name of a key has a space. */
export const firstAdmin: Principal = { name: 'key:admin key', ...owner };

/** What a run keeps of who started it: nothing where nothing is authenticated. */
export function startedAs(principal: Principal): { tenant?: string; startedBy?: string } {
  return principal === local ? {} : { tenant: principal.tenant, startedBy: principal.name };
}

/** How a grant is written. */
export const grantForm = /^([A-Za-z][\w.-]{0,63})(?::([a-z0-9_*]{1,200}))?$/;
/** What a tenant's name may be. */
export const tenantForm = /^[A-Za-z0-9][\w.@-]{0,99}$/;

/** Reads `operator`, which holds for every pipeline, or `operator:sales_*`. @throws HeadraceError bad_grant */
export function parseGrant(text: string): Grant {
  const [, role, pipelines = everyPipeline] = grantForm.exec(text) ?? [];
  if (role !== undefined) return { role, pipelines };
  throw new HeadraceError(`'${text}' is no grant.`, { code: 'bad_grant', where: text });
}

/** Whether a text can be a tenant's name. */
export function isTenant(text: unknown): text is string {
  return typeof text === 'string' && tenantForm.test(text);
}

/** Whether a principal has a role, which another may include: on a pipeline, or on any where none is given. */
export function may({ grants }: Principal, role: string, pipeline?: string): boolean {
  return grants.some((grant) => includes(grant.role, role) && (pipeline === undefined || matches(grant.pipelines, pipeline)));
}

/** Whether a principal has a role on every pipeline, also on those that are still to come. */
export function mayEverywhere({ grants }: Principal, role: string): boolean {
  return grants.some((grant) => includes(grant.role, role) && grant.pipelines === everyPipeline);
}

/** The names of all roles that a principal has on a pipeline, with those that they include. */
export function rolesOn({ grants }: Principal, pipeline: string): string[] {
  const held = grants.filter((grant) => matches(grant.pipelines, pipeline)).flatMap(({ role }) => [role, ...roles.filter((other) => includes(role, other))]);
  return [...new Set(held)].sort();
}

function includes(held: string, wanted: string): boolean {
  if (held === wanted) return true;
  if (held === 'admin') return (roles as readonly string[]).includes(wanted);
  return wanted === 'viewer' && (held === 'operator' || held === 'approver');
}

/** In one pass: a regular expression of many stars could be made to take for ever. */
function matches(pattern: string, pipeline: string): boolean {
  const [first = '', ...others] = pattern.split('*');
  const last = others.pop();
  if (last === undefined) return pattern === pipeline;
  if (!pipeline.startsWith(first)) return false;
  let at = first.length;
  for (const part of others) {
    const found = pipeline.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return pipeline.length - last.length >= at && pipeline.endsWith(last);
}
