import { fileURLToPath } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import type { KeyRing } from '../../sdk/node/encryption/key-ring.js';
import { payloadCodec } from '../../sdk/node/encryption/payload.js';

interface Bundle {
  code: string;
}

const failureConverterPath = fileURLToPath(new URL('../../sdk/node/encryption/failure-converter.cjs', import.meta.url));

/**
 * What makes a worker encrypt. A bundle is the same with and without: whether its errors are put into payloads is told to it when
 * it is loaded, so that one image serves both.
 */
export function encrypting(ring: KeyRing | undefined, bundle: Bundle): { dataConverter: DataConverter; workflowBundle: Bundle } {
  const payloadCodecs = [payloadCodec(ring)];
  if (ring === undefined) return { dataConverter: { payloadCodecs }, workflowBundle: bundle };
  const dataConverter = { payloadCodecs, failureConverterPath };
  // On the first line, so that the lines of stacks stay right.
  return { dataConverter, workflowBundle: { ...bundle, code: `globalThis.headraceEncrypts = true; ${bundle.code}` } };
}
