import * as z from 'zod';

/** A place in a JSON document (RFC 6901): `''` is the whole, `/data/items` a field's field, `/items/0` an array's first. */
export const JsonPointer = z.string().regex(/^(\/.*)?$/, "a JSON pointer is '' or begins with /, such as /data/items");

const parameter = z.string().min(1);
const pageSize = z.strictObject({ parameter, size: z.number().int().min(1) });

/** How the next page is asked for. Pages by number and by offset end with the first that has no records, unless the answer says where the end is. */
export const Paging = z.discriminatedUnion('by', [
  /** The Link header's rel="next" (RFC 8288). */
  z.strictObject({ by: z.literal('link') }),
  /** The answer holds the next page's URL; null or nothing ends it. */
  z.strictObject({ by: z.literal('next_url'), at: JsonPointer }),
  /** The answer holds a word that asks for the next page; null, nothing or '' ends it. */
  z.strictObject({ by: z.literal('cursor'), at: JsonPointer, parameter: parameter.default('cursor') }),
  z.strictObject({
    by: z.literal('page'),
    parameter: parameter.default('page'),
    first: z.number().int().min(0).default(1),
    size: pageSize.optional(),
    /** Where the answer holds the number of the last page. */
    last: JsonPointer.optional(),
  }),
  z.strictObject({
    by: z.literal('offset'),
    parameter: parameter.default('offset'),
    limit: pageSize.optional(),
    /** Where the answer holds the number of records in all. */
    total: JsonPointer.optional(),
  }),
]);

export type Paging = z.output<typeof Paging>;

/** Records of an HTTP API that answers JSON. */
export const HttpSource = z.strictObject({
  /** A connection of the kind http. */
  connection: z.string().min(1),
  /** Below the connection's URL. */
  path: z.string().default(''),
  query: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  /** Where in an answer the records are: an array of objects, or one object. */
  records: JsonPointer.default(''),
  /** One page unless said. */
  paging: Paging.optional(),
  /** More pages than this are refused, rather than left out. */
  maxPages: z.number().int().min(1).default(10_000),
});

export type HttpSource = z.output<typeof HttpSource>;
