import * as z from 'zod';

/** Offsets by partition, as JSON text: a watermark. */
export const Offsets = z.string().regex(/^\{("\d+":"\d+"(,"\d+":"\d+")*)?\}$/, 'the watermark that an earlier extraction gave');

/** A topic of a `kafka` connection, from a watermark to the end that it has when the step begins. */
export const TopicSource = z.strictObject({
  kafka: z.string().min(1),
  topic: z.string().min(1),
  /** The watermark of an earlier extraction. Without it the topic is read from its beginning. */
  since: Offsets.optional(),
  /** `json`: each message is an object, whose fields are columns; `text`: a column `value`. */
  format: z.enum(['json', 'text']).default('json'),
});

export type TopicSource = z.output<typeof TopicSource>;
