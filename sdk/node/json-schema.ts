import * as z from 'zod';

/** A schema for programs that are not TypeScript: JSON Schema, draft 2020-12; undefined where nothing is taken (z.void()). */
export function jsonSchema(schema: z.ZodType, io: 'input' | 'output' = 'input'): Record<string, unknown> | undefined {
  if (schema instanceof z.ZodVoid || schema instanceof z.ZodUndefined) return undefined;
  return z.toJSONSchema(schema, { io, unrepresentable: 'any' });
}
