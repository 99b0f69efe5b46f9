import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where Headrace keeps what it fetched or built once: `$XDG_CACHE_HOME/headrace`, else `~/.cache/headrace`. */
export function cacheFolder(...parts: string[]): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'headrace', ...parts);
}
