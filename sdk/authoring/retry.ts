import { type Duration, toMilliseconds } from './duration.js';

/** When a failed attempt is tried again. */
export interface RetryRule {
  /** Attempts in all, the first included. */
  attempts: number;
  /** The wait before the second attempt. */
  firstWait: Duration;
  /** No wait is longer. */
  longestWait: Duration;
  /** Each wait is the one before times this. */
  backoff: number;
}

/** The retry presets of the house (SPEC §2). A step names one, and a call may override it. */
export const retryPresets = {
  default: { attempts: 5, firstWait: '10 seconds', longestWait: '5 minutes', backoff: 2 },
  extraction: { attempts: 3, firstWait: '30 seconds', longestWait: '10 minutes', backoff: 2 },
  quality: { attempts: 2, firstWait: '10 seconds', longestWait: '5 minutes', backoff: 2 },
  airflow: { attempts: 3, firstWait: '60 seconds', longestWait: '15 minutes', backoff: 2 },
  loading: { attempts: 3, firstWait: '30 seconds', longestWait: '10 minutes', backoff: 2 },
  notification: { attempts: 5, firstWait: '5 seconds', longestWait: '1 minute', backoff: 1.5 },
  backup: { attempts: 2, firstWait: '60 seconds', longestWait: '5 minutes', backoff: 2 },
  partition: { attempts: 3, firstWait: '30 seconds', longestWait: '10 minutes', backoff: 2 },
  none: { attempts: 1, firstWait: '1 second', longestWait: '1 second', backoff: 1 },
} as const satisfies Record<string, RetryRule>;

/** The name of a preset. */
export type RetryPreset = keyof typeof retryPresets;

/** A preset's name, a preset with some values changed, or a rule of one's own. */
export type Retry = RetryPreset | ({ preset: RetryPreset } & Partial<RetryRule>) | RetryRule;

/**
 * The rule that a retry option stands for.
 *
 * @throws TypeError on an unknown preset, or a value that Temporal would refuse
 */
export function retryRule(retry: Retry): RetryRule {
  if (typeof retry === 'string') return preset(retry);
  const { preset: name, ...changes } = 'preset' in retry ? retry : { ...retry, preset: undefined };
  return checked(name === undefined ? (retry as RetryRule) : { ...preset(name), ...changes });
}

function preset(name: string): RetryRule {
  if (Object.hasOwn(retryPresets, name)) return retryPresets[name as RetryPreset];
  throw new TypeError(`There is no retry preset '${name}'. The presets are ${Object.keys(retryPresets).join(', ')}.`);
}

function checked(rule: RetryRule): RetryRule {
  if (!Number.isInteger(rule.attempts) || rule.attempts < 1) {
    throw new TypeError(`A retry rule needs a whole number of attempts from 1, not ${rule.attempts}. For no retry, write retry: 'none'.`);
  }
  if (!(rule.backoff >= 1)) throw new TypeError(`A retry rule's backoff is 1 or more, not ${rule.backoff}.`);
  if (toMilliseconds(rule.longestWait) < toMilliseconds(rule.firstWait)) {
    throw new TypeError(`A retry rule's longestWait (${rule.longestWait}) is shorter than its firstWait (${rule.firstWait}).`);
  }
  return rule;
}
