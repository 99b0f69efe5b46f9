import { NativeConnection } from '@temporalio/worker';
import { HeadraceError } from '../../sdk/authoring/errors.js';
import { defaultAddress } from '../../sdk/authoring/temporal-names.js';
import type { TemporalSecurity } from '../../sdk/node/client/temporal-security.js';

/** A worker's connection to Temporal. @throws HeadraceError no_temporal */
export async function connectNative(address = defaultAddress, { tls, apiKey }: TemporalSecurity = {}): Promise<NativeConnection> {
  try {
    return await NativeConnection.connect({ address, tls, apiKey });
  } catch (error) {
    throw new HeadraceError(`Temporal at ${address} does not answer: ${firstLine(error)}`, { code: 'no_temporal', where: address, cause: error });
  }
}

function firstLine(error: unknown): string {
  return String((error as Error).message).split('\n')[0] ?? '';
}
