import * as z from 'zod';
import type { Severity } from '../../sdk/authoring/quality.js';

const Channels = z.array(z.string().min(1));

/** Connections (console, slack, smtp, pagerduty, webhook) by name: always the same, or by severity. */
export const Recipients = z.union([
  Channels.min(1),
  z.strictObject({ info: Channels.default([]), warning: Channels.default([]), critical: Channels.default([]) }),
]);

export type Recipients = z.output<typeof Recipients>;

/** The channels that a message of this severity goes to, each once. */
export function route(to: Recipients, severity: Severity): string[] {
  return [...new Set(Array.isArray(to) ? to : to[severity])];
}
