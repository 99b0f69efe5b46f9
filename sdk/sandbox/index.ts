/** What the generated entry of a bundle imports. Workflow only. */
export { runPipeline } from './run.js';
