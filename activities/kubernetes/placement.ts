import * as z from 'zod';

const name = z.string().regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, 'a name of small letters, digits, - and .');
const quantity = (example: string) => z.string().regex(/^\d+(\.\d+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/, `a quantity of Kubernetes, such as '${example}'`);

/** Where and how a step's work runs on a cluster: part of the input of steps that can. */
export const Placement = z.strictObject({
  /** A `kubernetes` connection. */
  connection: z.string().min(1),
  image: z.string().min(1),
  /** Cores that are kept free for it: '500m', '2'. */
  cpu: quantity('500m').optional(),
  /** Memory that is kept free for it, and that it may not pass. */
  memory: quantity('512Mi').optional(),
  /** Variables whose values are keys of Secrets in the connection's namespace. Nothing of ours ever reads them. */
  secrets: z
    .record(
      z.string().regex(/^(?!HEADRACE_)[A-Za-z_]\w*$/, 'a name of letters, digits and _, not HEADRACE_…'),
      z.strictObject({ secret: name, key: z.string().min(1) }),
    )
    .default({}),
  /** The service account that it runs as; without one it gets no token of the cluster. */
  serviceAccount: name.optional(),
  /** Seconds in which it must have started: a node may have to be made first. What cannot start at all is told at once. */
  startWithinSeconds: z.number().int().min(1).default(600),
});
