import type { ExecutionFold } from './execution-fold.js';

/** The folds of the executions that change now, so that no event is read twice: as many events of histories as fit, the latest used. */
export class Folds {
  private readonly byExecution = new Map<string, ExecutionFold>();
  private events = 0;

  constructor(private readonly maximumEvents: number) {}

  /** The fold of an execution that stands exactly where the registry does, or before. */
  get(executionId: string, recordedTo: number): ExecutionFold | undefined {
    const fold = this.byExecution.get(executionId);
    return fold !== undefined && fold.position <= recordedTo ? fold : undefined;
  }

  keep(fold: ExecutionFold): void {
    this.forget(fold.executionId);
    if (fold.closed) return;
    this.byExecution.set(fold.executionId, fold);
    this.events += fold.position;
    for (const oldest of this.byExecution.values()) {
      if (this.events <= this.maximumEvents || oldest === fold) return;
      this.forget(oldest.executionId);
    }
  }

  forget(executionId: string): void {
    const fold = this.byExecution.get(executionId);
    if (fold === undefined) return;
    this.byExecution.delete(executionId);
    this.events = [...this.byExecution.values()].reduce((sum, { position }) => sum + position, 0);
  }
}
