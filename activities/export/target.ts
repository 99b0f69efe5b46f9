import * as z from 'zod';
import { TableRef } from '../../sdk/index.js';

const name = z.string().min(1);

/** Formats of a file: `json` is one array, `jsonl` a record a line. */
export const FileFormat = z.enum(['csv', 'json', 'jsonl', 'parquet']);

export type FileFormat = z.output<typeof FileFormat>;

/** A file below the folder of a `files` connection. It is there whole or not at all, and replaces what had its name. */
export const FileTarget = z.strictObject({
  files: name,
  path: name,
  /** Taken from the name's ending unless given. */
  format: FileFormat.optional(),
});

/** A table, which is replaced in one step. For everything else, and for a load that can be undone, there is load_data. */
export const TableTarget = z.strictObject({ table: TableRef });

/** An endpoint of an `http` connection, which gets the rows in batches, each under an Idempotency-Key of its own. */
export const HttpTarget = z.strictObject({
  http: name,
  path: z.string().default(''),
  method: z.enum(['POST', 'PUT', 'PATCH']).default('POST'),
  /** Rows of one request. */
  batch: z.number().int().min(1).max(10_000).default(500),
  /** The body is an array of objects, or an object that holds it in this field. */
  field: name.optional(),
});

/** A message with the first rows as a table, by a `slack` connection. */
export const SlackTarget = z.strictObject({ slack: name, title: name, rows: z.number().int().min(1).max(50).default(20) });

/** An email with the first rows as a table and all of them as a CSV attachment, by an `smtp` connection. */
export const EmailTarget = z.strictObject({
  email: name,
  /** The connection's own unless given. */
  recipients: z.array(z.email()).min(1).optional(),
  subject: name,
  /** What stands above the table. */
  text: z.string().default(''),
  rows: z.number().int().min(0).max(500).default(50),
  attachment: z.enum(['csv', 'none']).default('csv'),
});

/** A topic of a `kafka` connection, which is there. Each row is a message: a JSON object. */
export const KafkaTarget = z.strictObject({
  kafka: name,
  topic: name,
  /** The column whose value is the message's key; without it messages have none. */
  key: name.optional(),
  /** Messages of one transaction. */
  batch: z.number().int().min(1).max(10_000).default(1_000),
});

/** Where rows go. */
export const Target = z.union([FileTarget, TableTarget, HttpTarget, KafkaTarget, SlackTarget, EmailTarget]);

export type Target = z.output<typeof Target>;
