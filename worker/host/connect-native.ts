import { NativeConnection } from '@temporalio/worker';
import { HeadraceError } from '../../sdk/authoring/errors.js';

const usual = '127.0.0.1:7233';

/** A worker's connection to Temporal. @throws HeadraceError no_temporal */
export async function connectNative(address = usual): Promise<NativeConnection> {
  try {
    return await NativeConnection.connect({ address });
  } catch (error) {
    throw new HeadraceError(`Temporal at ${address} does not answer: ${firstLine(error)}`, { code: 'no_temporal', where: address, cause: error });
  }
}

function firstLine(error: unknown): string {
  return String((error as Error).message).split('\n')[0] ?? '';
}
