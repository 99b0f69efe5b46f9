import { HeadraceError } from '../../sdk/authoring/errors.js';

/** Who has not answered, and the error's code. */
interface Late {
  who: string;
  code: 'registry_unreachable' | 'no_answer';
}

/**
 * Waits for an answer, by default the registry's, no longer than it is needed. What was asked for may still be done.
 *
 * @param within milliseconds
 * @throws HeadraceError registry_unreachable, or the code that is given
 */
export async function inTime<Answer>(
  work: Promise<Answer>,
  within = 2_000,
  { who, code }: Late = { who: 'The registry', code: 'registry_unreachable' },
): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const tell = () => reject(new HeadraceError(`${who} has not answered within ${within / 1_000} seconds.`, { code }));
    timer = setTimeout(tell, within);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
