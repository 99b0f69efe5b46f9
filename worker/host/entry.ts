import type { FoundPipeline } from './catalogue.js';
import { ownFile } from './source.js';

/**
 * The text of the module that Temporal bundles: one exported function a pipeline, which loads its module when a run begins.
 * Importing all of them at once costs every run the time and memory of all pipelines (DESIGN §4.3).
 */
export function generateEntry(pipelines: Iterable<FoundPipeline>): string {
  const stubs = [...pipelines].map(({ pipeline, file, exported }) => {
    const load = `() => require(${JSON.stringify(file)})[${JSON.stringify(exported)}]`;
    return `exports[${JSON.stringify(pipeline.id)}] = (input) => runPipeline(${load}, input, verifier);`;
  });
  const head = [
    `const { runPipeline } = require(${JSON.stringify(ownFile('sdk/sandbox/index'))});`,
    `const verifier = () => require(${JSON.stringify(ownFile('sdk/sandbox/verify-decision'))}).verifyDecision;`,
  ];
  return [...head, ...stubs, ''].join('\n');
}
