import * as z from 'zod';

const Value = z.union([z.string(), z.number(), z.boolean()]);

/** A condition on a column. Its value is bound, and read as the column's type. */
export const Condition = z.discriminatedUnion('op', [
  z.strictObject({ column: z.string().min(1), op: z.enum(['=', '!=', '<', '<=', '>', '>=', 'like']), value: Value }),
  z.strictObject({ column: z.string().min(1), op: z.enum(['in', 'not_in']), value: z.array(Value).min(1).max(10_000) }),
  z.strictObject({ column: z.string().min(1), op: z.enum(['is_null', 'is_not_null']) }),
]);

export type Condition = z.output<typeof Condition>;
