import { randomBytes } from 'node:crypto';
import type { LoadKey } from './attempt.js';

/** The name of a table for one attempt of a load. It says when it was made, so that one that is left behind is found. */
export function stagedName(key: LoadKey): string {
  return `${stagedPrefix(key)}${Date.now().toString(36)}_${randomBytes(3).toString('hex')}`;
}

/** How the staged tables' names of all attempts of a load begin; of all loads where none is said. */
export function stagedPrefix(key?: LoadKey): string {
  return key === undefined ? 'stage_' : `stage_${key.short}_`;
}

/** Whether a staged table was made more than so many days ago. */
export function isStale(name: string, days: number): boolean {
  return Number.parseInt(name.split('_')[2] ?? '', 36) < Date.now() - days * 86_400_000;
}
