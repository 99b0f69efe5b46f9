import { setTimeout as wait } from 'node:timers/promises';
import type { Context } from '@temporalio/activity';
import { knownTenant, tenantOfRun } from './run-tenant.js';
import type { StepLog } from './step-context.js';

/** Milliseconds for which a line waits to learn whose it is. */
const patience = 2_000;

/**
 * A step's lines, in their order. The worker's log adds the tenant of every run that this process knows (`worker/logging`), so they wait until
 * Temporal was asked, and are written without it where Temporal does not answer. A step that says nothing asks nothing.
 */
export class OwnLog implements StepLog {
  private asked: Promise<void> | undefined;

  constructor(private readonly temporal: Context) {}

  info(message: string, attributes?: Record<string, unknown>): void {
    this.write('info', message, attributes);
  }

  warn(message: string, attributes?: Record<string, unknown>): void {
    this.write('warn', message, attributes);
  }

  /** Asks whose lines these are, where nobody has. It does not throw, and takes two seconds at most. */
  learn(): Promise<void> {
    return (this.asked ??= learnTenant(this.temporal));
  }

  /** Settles when all that was said is written. */
  async written(): Promise<void> {
    await this.asked;
  }

  private write(level: 'info' | 'warn', message: string, attributes: Record<string, unknown> | undefined): void {
    const asSaid = attributes && { ...attributes };
    this.learn()
      .then(() => void this.temporal.log[level](message, asSaid))
      .catch(() => undefined); // what cannot be written down fails no step, and no worker
  }
}

async function learnTenant(temporal: Context): Promise<void> {
  if (knownTenant(temporal.info.workflowExecution?.runId ?? '') !== undefined) return;
  const answered = new AbortController();
  const late = wait(patience, undefined, { signal: answered.signal }).catch(() => undefined);
  await Promise.race([ask(temporal), late]);
  answered.abort();
}

async function ask(temporal: Context): Promise<void> {
  try {
    await tenantOfRun(temporal);
  } catch {
    // Temporal is away, or there is none: the lines are worth more than whose they are.
  }
}
