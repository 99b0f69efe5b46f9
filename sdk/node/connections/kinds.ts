import * as z from 'zod';

const text = z.string().min(1);
/** Also as a variable of the environment gives it. */
const flag = z.preprocess((value) => (value === 'true' ? true : value === 'false' ? false : value), z.boolean());

/** The kinds of connection and their settings. A value may be a reference to a secret: `env:NAME` or `file:/path`. */
export const Connection = z.discriminatedUnion('kind', [
  z
    .strictObject({
      kind: z.literal('duckdb'),
      /** Tables are folders of Parquet below this folder. */
      folder: text.optional(),
      /** Tables are inside this .duckdb file, which is opened for each step under a lock. */
      file: text.optional(),
      memory: text.default('1GB'),
      threads: z.coerce.number().int().min(1).default(2),
    })
    .refine((it) => (it.folder === undefined) !== (it.file === undefined), 'give either folder or file'),
  z
    .strictObject({
      kind: z.literal('postgres'),
      /** postgres://user:password@host:port/database; a password of its own below goes before it. */
      url: text,
      password: text.optional(),
      /** Authorities of the server's certificate, in PEM, and TLS with them: usually `file:/path`. Without it the url's sslmode says whether there is TLS. */
      ca: text.optional(),
      /** Connections that a worker opens at most. */
      pool: z.coerce.number().int().min(1).default(5),
      statementTimeout: z.coerce.number().int().min(0).default(0),
    })
    .refine((it) => it.ca === undefined || !/[?&]ssl/.test(it.url), 'give either ca, or what begins with ssl in the url'),
  z
    .strictObject({
      kind: z.literal('trino'),
      /** https://host:port; http:// only where nothing secret is sent, or on this machine. */
      url: z.url(),
      user: text,
      password: text.optional(),
      /** A bearer token (JWT or OAuth) instead of a password. */
      token: text.optional(),
      /** Authorities of the server's certificate, in PEM: usually `file:/path`. */
      ca: text.optional(),
      /** The catalog of tables that are named without one, and of the tables that belong to a run (schema headrace_tmp). */
      catalog: text,
      schema: text.default('default'),
      /** Session properties: `{ "join_distribution_type": "BROADCAST" }`. */
      session: z.record(z.string(), z.string()).default({}),
      /** As resource groups and Trino's list of queries name the sender. */
      source: z
        .string()
        .regex(/^[\x21-\x7e]+$/)
        .default('headrace'),
      clientTags: z.array(text).default([]),
      /** Milliseconds that a statement may run: 0 for as long as its step may. */
      statementTimeout: z.coerce.number().int().min(0).default(0),
    })
    .refine((it) => it.password === undefined || it.token === undefined, 'give either password or token')
    .refine((it) => (it.password ?? it.token) === undefined || keepsSecrets(it.url), 'a password or token is sent by https only'),
  z.strictObject({
    kind: z.literal('http'),
    url: z.url(),
    headers: z.record(z.string(), z.string()).default({}),
    /** Loopback and private addresses are refused unless this is true. */
    privateAddresses: flag.default(false),
  }),
  z.strictObject({
    kind: z.literal('files'),
    /** Paths of steps are below this folder, and may not leave it. */
    folder: text,
  }),
  z.strictObject({
    kind: z.literal('smtp'),
    host: text,
    port: z.coerce.number().int().default(587),
    secure: flag.default(false),
    user: text.optional(),
    password: text.optional(),
    from: text,
    /** Who gets what is sent to this connection without naming recipients, as notifications are. */
    to: z.array(text).default([]),
  }),
  z.strictObject({ kind: z.literal('slack'), webhook: text, privateAddresses: flag.default(false) }),
  z.strictObject({
    kind: z.literal('pagerduty'),
    routingKey: text,
    url: z.url().default('https://events.pagerduty.com/v2/enqueue'),
    privateAddresses: flag.default(false),
  }),
  z.strictObject({
    kind: z.literal('webhook'),
    url: z.url(),
    /** Signs each message after Standard Webhooks. */
    secret: text,
    privateAddresses: flag.default(false),
  }),
  z
    .strictObject({
      kind: z.literal('airflow'),
      /** Of the web server (2.x) or API server (3.x), without /api. */
      url: z.url(),
      /** v2 is Airflow 3's, v1 is Airflow 2's; the server is asked unless it is said. */
      version: z.enum(['v1', 'v2']).optional(),
      user: text.optional(),
      password: text.optional(),
      /** A bearer token instead of user and password: `file:/path` where somebody renews it there. */
      token: text.optional(),
      /** Certificates (PEM) that are trusted instead of the usual ones: `file:/path`. */
      ca: text.optional(),
    })
    .refine((it) => (it.token === undefined) === (it.user !== undefined && it.password !== undefined), 'give user and password, or token'),
  z.strictObject({
    kind: z.literal('flink'),
    /** Of the JobManager's REST API. Flink has no login: what stands before it may want `headers`. */
    rest: z.url(),
    sqlGateway: z.url().optional(),
    headers: z.record(z.string(), z.string()).default({}),
    /** Certificates (PEM) that are trusted instead of the usual ones: `file:/path`. */
    ca: text.optional(),
  }),
  z.strictObject({
    kind: z.literal('kafka'),
    /** host:port of some brokers of the cluster. */
    brokers: z.array(text).min(1),
    tls: flag.default(false),
    /** Certificates (PEM) that are trusted instead of the usual ones, and TLS with them: `file:/path`. */
    ca: text.optional(),
    sasl: z.strictObject({ mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']), username: text, password: text }).optional(),
  }),
  z.strictObject({ kind: z.literal('console') }),
  z.strictObject({
    kind: z.literal('spark'),
    /** The REST submission API of a standalone cluster's master: http://master:6066. */
    rest: z.url(),
    /** The master's page: http://master:8080. The pages of its workers are read, too. */
    ui: z.url(),
    /** A JSON Web Token, where the API wants one (Spark's JWSFilter). */
    token: text.optional(),
  }),
  z
    .strictObject({
      kind: z.literal('kubernetes'),
      /** A kubeconfig file, and which of its contexts. */
      kubeconfig: text.optional(),
      context: text.optional(),
      /** Or the API server's address, a service account's token, and the authority (PEM) that its certificate is from. With neither: the pod that the worker runs in. */
      server: z.url().optional(),
      token: text.optional(),
      ca: text.optional(),
      /** Where Jobs are made; the context's own, or `default`, unless said. */
      namespace: text.optional(),
    })
    .refine((it) => it.kubeconfig === undefined || it.server === undefined, 'give either kubeconfig or server'),
]);

/** One that is no URL is refused as such. */
function keepsSecrets(url: string): boolean {
  if (!URL.canParse(url)) return true;
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
}

/** A connection with its secrets resolved. */
export type Connection = z.output<typeof Connection>;
