/** What the engine says that a call's work took: figures by their names, of which each engine tells its own. */
export const callCost = {
  number: 9,
  name: 'call-cost',
  sql: `
alter table step_call add column cost jsonb;
`,
};
