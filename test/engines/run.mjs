// `npm run test:engines [group …]`: a group is a folder here with tests, or one of `elsewhere`; all of them unless named, one at a time. What follows from the first option on goes to vitest.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { prepare, root } from '../../worker/dev/prepare.mjs';
import { sayWhatIsLeftOut } from '../left-out.mjs';
import { printSummary, sumCounts } from '../summary.mjs';
import { runVitest } from '../vitest-process.mjs';

const here = join(root, 'test/engines');
/** Groups that are no folder here: they share the servers of `npm test`, and are apart for the time that they take. */
const elsewhere = { faults: ['--config=vitest.faults.config.ts'], long: ['--config=vitest.long.config.ts'] };
const folders = readdirSync(here, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && readdirSync(join(here, entry.name), { recursive: true }).some((name) => name.endsWith('.test.ts')))
  .map(({ name }) => name);
const groups = [...Object.keys(elsewhere), ...folders].sort();

const words = process.argv.slice(2);
const firstOption = words.findIndex((it) => it.startsWith('-'));
const named = firstOption === -1 ? words : words.slice(0, firstOption);
const options = words.slice(named.length);
const unknown = named.filter((name) => !groups.includes(name));
if (unknown.length > 0) {
  console.error(`There is no group '${unknown.join("', '")}'. There are: ${groups.join(', ')}.`);
  process.exit(2);
}

let stopped = false;
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void (stopped = true));

const wanted = named.length > 0 ? named : groups;
try {
  await prepare();
  if (wanted.some((group) => group in elsewhere)) await sayWhatIsLeftOut();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
const outcomes = [];
for (const group of wanted) {
  if (!stopped) outcomes.push(await runGroup(group));
}
console.log(outcomes.map(({ group, seconds }) => `${group} ${seconds} s`).join(', '));
printSummary(sumCounts(outcomes.map(({ counts }) => counts)));
process.exitCode = outcomes.some(({ code }) => code !== 0) ? 1 : 0;

async function runGroup(group) {
  console.log(`\nengines: ${group}`);
  const begun = Date.now();
  const outcome = await runVitest([...options, ...(elsewhere[group] ?? ['--config=vitest.engines.config.ts', `test/engines/${group}/`])]);
  return { group, seconds: Math.round((Date.now() - begun) / 1000), ...outcome };
}
