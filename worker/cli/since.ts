import { HeadraceError } from '../../sdk/authoring/errors.js';

const units: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/**
 * A moment on the command line: so long ago ('2h', '30 minutes', '7 days'), a day, or a time with its zone.
 *
 * @throws HeadraceError bad_request
 */
export function readSince(text: string): string {
  const [, count, unit = ''] = /^(\d+(?:\.\d+)?) ?(s|m|h|d|w|seconds?|minutes?|hours?|days?|weeks?)(?: ago)?$/.exec(text) ?? [];
  const ago = new Date(Date.now() - Number(count) * (units[unit.charAt(0)] ?? 0));
  if (!Number.isNaN(ago.getTime())) return ago.toISOString();
  if (/^\d{4}-\d\d-\d\d(T.*(Z|[+-]\d\d:?\d\d))?$/.test(text) && !Number.isNaN(Date.parse(text))) return new Date(text).toISOString();
  throw new HeadraceError(`'${text}' is no moment.`, {
    code: 'bad_request',
    fix: "Write how long ago: '2h', '30 minutes', '7 days'; or 2026-02-12, or 2026-02-12T06:00:00Z.",
  });
}
