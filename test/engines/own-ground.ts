import { type Ground, openGround } from '../faults/ground.js';
import { startTestTemporal } from '../servers/temporal.js';

/** A ground on a Temporal server of its own, which stops when the ground is left. */
export async function openOwnGround(settings: Omit<Parameters<typeof openGround>[0] & {}, 'temporal'>): Promise<Ground> {
  const temporal = await startTestTemporal();
  const ground = await openGround({ ...settings, temporal });
  const leave = async () => {
    await ground.leave();
    await temporal.stop();
  };
  return { ...ground, leave };
}
