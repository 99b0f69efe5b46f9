import { type Code, catalogue } from './error-catalogue.js';

/** What is told of an error beside its message. */
export interface ErrorOptions {
  /** A code of the catalogue, or a team's own. */
  code?: Code | (string & {});
  /** What the reader can do about it. The catalogue has one for each of its codes. */
  fix?: string;
  /** Where it happened: a file, a step, a field. */
  where?: string;
  cause?: unknown;
}

/** Every error that Headrace makes: a stable code, what happened, and what to do about it. */
export class HeadraceError extends Error {
  readonly code: string;
  readonly fix: string | undefined;
  readonly where: string | undefined;

  constructor(message: string, options: ErrorOptions = {}, usual: Code = 'failed') {
    super(message, { cause: options.cause });
    this.name = new.target.name;
    this.code = options.code ?? usual;
    this.fix = options.fix ?? (catalogue as Record<string, string>)[this.code];
    this.where = options.where;
  }
}

/** Trying again cannot help: a step that throws this is not retried, whatever its preset (SPEC §2). */
export class Refused extends HeadraceError {
  constructor(message: string, options: ErrorOptions = {}, usual: Code = 'refused') {
    super(message, options, usual);
  }
}

/** The data, or an input or output, is not what it must be. Never retried. */
export class ValidationError extends Refused {
  constructor(message: string, options: ErrorOptions = {}) {
    super(message, options, 'validation_failed');
  }
}

/** The engine refuses these credentials this work. Never retried. */
export class PermissionDeniedError extends Refused {
  constructor(message: string, options: ErrorOptions = {}) {
    super(message, options, 'permission_denied');
  }
}

/** The target's schema and the data do not fit together. Never retried. */
export class SchemaConflictError extends Refused {
  constructor(message: string, options: ErrorOptions = {}) {
    super(message, options, 'schema_conflict');
  }
}

/** The engine asks for patience: the next attempt comes after this wait instead of the preset's. */
export class RetryLater extends HeadraceError {
  /** Milliseconds until the next attempt. */
  readonly after: number;

  constructor(message: string, options: ErrorOptions & { after: number }) {
    super(message, options, 'retry_later');
    this.after = options.after;
  }
}

/** A step failed for good: its attempts are used up, or it threw an error of a team's own that is not retried. */
export class StepFailed extends HeadraceError {
  readonly step: string;
  readonly callId: string;
  /** The name of the error that the step threw, such as 'TypeError' or a team's own. */
  readonly type: string;

  constructor(message: string, options: ErrorOptions & { step: string; callId: string; type: string }) {
    super(message, { ...options, where: options.where ?? options.callId }, 'step_failed');
    this.step = options.step;
    this.callId = options.callId;
    this.type = options.type;
  }
}

/** Somebody declined an approval. A body that does not catch it ends the run CANCELLED, after undo. */
export class Declined extends HeadraceError {
  readonly approval: string;
  readonly by: string | undefined;

  constructor(approval: string, reason: string, by?: string) {
    super(reason, { code: 'declined', where: approval });
    this.approval = approval;
    this.by = by;
  }
}

/** Nobody decided in time. A body that does not catch it ends the run CANCELLED, after undo. */
export class ApprovalExpired extends HeadraceError {
  readonly approval: string;

  constructor(approval: string, reason: string) {
    super(reason, { code: 'approval_expired', where: approval });
    this.approval = approval;
  }
}

/** The run's maxDuration is over. The run is undone and ends TIMED_OUT. */
export class RunTimedOut extends HeadraceError {
  constructor(message: string, options: ErrorOptions = {}) {
    super(message, options, 'run_timed_out');
  }
}
