import { HeadraceError } from '../../sdk/authoring/errors.js';
import { type AnyPipeline, isPipeline } from '../../sdk/authoring/pipeline.js';
import { type AnyStep, isStep } from '../../sdk/authoring/step.js';
import { type Implementation, type Implementations, isImplementations } from '../../sdk/node/implement.js';

export interface FoundPipeline {
  pipeline: AnyPipeline;
  file: string;
  /** The name under which the module exports it. */
  exported: string;
  /** Whether it comes with Headrace. */
  builtIn: boolean;
}

export interface FoundStep {
  step: AnyStep;
  file: string;
  implementation?: Implementation;
  builtIn: boolean;
}

export interface Refusal {
  file: string;
  error: HeadraceError;
}

const withHeadrace = 'headrace/steps';

/** What a worker can do: its pipelines, its steps with their work, and what it had to refuse. */
export class Catalogue {
  readonly pipelines = new Map<string, FoundPipeline>();
  readonly steps = new Map<string, FoundStep>();
  readonly refusals: Refusal[] = [];

  constructor(readonly folder: string) {}

  addBuiltIn(implementations: readonly Implementations[]): void {
    for (const it of implementations) this.addImplementations(withHeadrace, it, true);
  }

  /** Takes what a module exports. */
  add(file: string, exports: Record<string, unknown>, builtIn: boolean): void {
    for (const [name, value] of Object.entries(exports)) {
      if (isPipeline(value)) this.addPipeline({ pipeline: value, file, exported: name, builtIn });
      else if (isImplementations(value)) this.addImplementations(file, value, builtIn);
      else if (isStep(value)) this.addStep(file, value, builtIn);
    }
  }

  refuse(file: string, error: HeadraceError): void {
    this.refusals.push({ file, error });
  }

  /** A step that is exported and done by nobody would fail only when a run calls it. */
  refuseUnimplemented(): void {
    for (const { step, file, implementation } of this.steps.values()) {
      if (implementation !== undefined) continue;
      this.refuse(file, new HeadraceError(`The step '${step.id}' is declared and nothing does it.`, { code: 'not_implemented', where: file }));
    }
  }

  /** The modules of the folder that gave a pipeline or a step. */
  ownFiles(): string[] {
    const own = [...this.pipelines.values(), ...this.steps.values()].filter(({ builtIn }) => !builtIn);
    return [...new Set(own.map(({ file }) => file))];
  }

  private addPipeline(found: FoundPipeline): void {
    const { pipeline, file, exported } = found;
    const first = this.pipelines.get(pipeline.id);
    if (exported === 'default') {
      this.refuse(file, new HeadraceError(`The pipeline '${pipeline.id}' is the default export.`, { code: 'default_export', where: file }));
    } else if (first !== undefined && first.pipeline !== pipeline) {
      this.refuse(file, duplicate('pipeline', pipeline.id, first.file, file));
    } else if (first === undefined) {
      this.pipelines.set(pipeline.id, found);
    }
  }

  private addStep(file: string, step: AnyStep, builtIn: boolean): FoundStep | undefined {
    const first = this.steps.get(step.id);
    if (first !== undefined && first.step !== step) {
      this.refuse(file, duplicate('step', step.id, first.file, file));
      return undefined;
    }
    const found = first ?? { step, file, builtIn };
    this.steps.set(step.id, found);
    return found;
  }

  private addImplementations(file: string, { implementations }: Implementations, builtIn: boolean): void {
    for (const implementation of implementations) {
      const found = this.addStep(file, implementation.step, builtIn);
      if (found === undefined || found.implementation === implementation) continue;
      if (found.implementation !== undefined) this.refuse(file, duplicate('implementation of the step', found.step.id, found.file, file));
      else Object.assign(found, { implementation, file });
    }
  }
}

function duplicate(kind: string, id: string, first: string, second: string): HeadraceError {
  return new HeadraceError(`The ${kind} '${id}' is there twice: in ${first} and in ${second}.`, { code: 'duplicate_id', where: second });
}
