import type { Family, Source } from './family.js';

/** All metrics of a process. A source that does not answer is left out, so that the others are seen. */
export async function collect(sources: readonly Source[]): Promise<Family[]> {
  const answers = await Promise.allSettled(sources.map((source) => source()));
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
}
