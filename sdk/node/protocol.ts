import { createRequire } from 'node:module';
import type { Payload } from '@temporalio/common';

interface Protocol {
  temporal: {
    api: {
      common: { v1: { Payload: { encode(this: void, payload: Payload): { finish(): Uint8Array }; decode(this: void, bytes: Uint8Array): Payload } } };
      history: { v1: { History: { fromObject(history: object): object; encode(this: void, history: object): { finish(): Uint8Array } } } };
    };
  };
}

/** Requires as @temporalio/common does: npm may give each of Temporal's packages a copy of its own. */
export const fromCommon = createRequire(createRequire(import.meta.url).resolve('@temporalio/common'));

/** Temporal's messages, as its own packages write them. */
export const protocol = fromCommon('@temporalio/proto') as Protocol;
