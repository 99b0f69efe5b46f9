import { whoMay } from '../authoring/approval.js';
import type { AnyPipeline } from '../authoring/pipeline.js';
import { hashJson } from './client/hash-json.js';
import { jsonSchema } from './json-schema.js';

/** A pipeline's configuration, what its declaration says, and the hash of it (SPEC §8). */
export interface PipelineContent {
  options: Record<string, unknown>;
  hash: string;
}

const known = new WeakMap<AnyPipeline, PipelineContent>();
const versionLength = 12;

/** What is recorded of a pipeline: a changed hash is a new version. */
export function contentOf(pipeline: AnyPipeline): PipelineContent {
  const before = known.get(pipeline);
  if (before !== undefined) return before;
  const options = optionsOf(pipeline);
  const content = { options, hash: hashJson(options) };
  known.set(pipeline, content);
  return content;
}

/** The version that runs and events carry: the beginning of the content's hash. */
export function versionOf(pipeline: AnyPipeline): string {
  return contentOf(pipeline).hash.slice(0, versionLength);
}

function optionsOf({ description, owner, tags, approvals, maxDuration, input, output }: AnyPipeline) {
  const asked = approvals.map(({ id, question, within, answer, ...who }) => ({ id, question, within, answer: jsonSchema(answer), ...whoMay(who) }));
  return { description, owner, tags, maxDuration, approvals: asked, input: jsonSchema(input), output: jsonSchema(output) };
}
