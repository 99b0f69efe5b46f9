import type * as z from 'zod';
import type { sparkJob } from './steps.js';

export type Input = z.output<typeof sparkJob.input>;

/** The words of spark-submit for a job. The name stands first, where it is found again. */
export function submitWords(id: string, master: string, { application, mainClass, args, conf, executor }: Input): string[] {
  const settings = { ...executors(executor), 'spark.app.name': id, ...conf };
  return [
    ...['--name', id, '--master', master, '--deploy-mode', 'client'],
    ...(mainClass === undefined ? [] : ['--class', mainClass]),
    ...Object.entries(settings).flatMap(([name, value]) => ['--conf', `${name}=${value}`]),
    application,
    ...args,
  ];
}

function executors({ cores, memory, instances }: Input['executor']): Record<string, string> {
  return {
    'spark.executor.cores': String(cores),
    'spark.executor.memory': memory,
    'spark.executor.instances': String(instances),
    'spark.cores.max': String(cores * instances),
  };
}

export function isPython(application: string): boolean {
  return application.endsWith('.py');
}
