/** A run's executions are found, and removed with it, without a look at those of all others. */
export const executionsOfRun = {
  number: 10,
  name: 'executions-of-run',
  sql: `
create index projection_execution_run on projection_execution (workflow_id, run_id);
`,
};
