import { approval, pipeline, step } from 'headrace';
import * as z from 'zod';

export const wrap = step('wrap', {
  input: z.object({ parcel: z.string(), ms: z.number(), fails: z.number() }),
  output: z.object({ rows: z.number() }),
  retry: { attempts: 2, firstWait: '100 ms', longestWait: '100 ms', backoff: 1 },
});
export const release = approval('release', { question: 'Send these parcels?', answer: z.object({ reason: z.string().min(1) }), within: '1 hour' });

const Asked = z.object({ ask: z.boolean().default(false), ms: z.number().default(0), fails: z.number().default(0) });

/** Wraps two parcels, with as many failed attempts as its input asks for. */
export const parcels = pipeline('parcels', { input: Asked, output: z.object({ sent: z.number() }), approvals: [release] }, async (flow, { ask, ms, fails }) => {
  flow.log('wrapping', { records: 2 });
  for (const parcel of ['a', 'b']) await wrap({ parcel, ms, fails });
  if (ask) await flow.approve(release);
  return { sent: 2 };
});
