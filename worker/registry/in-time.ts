import { HeadraceError } from '../../sdk/authoring/errors.js';

/**
 * Waits for the registry no longer than it is needed: for who can go on without it.
 *
 * @param within milliseconds
 * @throws HeadraceError registry_unreachable
 */
export async function inTime<Answer>(work: Promise<Answer>, within = 2_000): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const tell = () => reject(new HeadraceError(`The registry has not answered within ${within / 1_000} seconds.`, { code: 'registry_unreachable' }));
    timer = setTimeout(tell, within);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
