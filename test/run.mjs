// `npm test`: installs and builds what is missing, says what cannot be tested here, and runs vitest. Arguments go to it.
import { prepare } from '../worker/dev/prepare.mjs';
import { printSummary } from './summary.mjs';
import { mandatory, runVitest } from './vitest-process.mjs';

try {
  await prepare();
  await sayWhatIsLeftOut();
} catch (error) {
  console.error(error.message);
  if (error.fix) console.error(error.fix);
  process.exit(1);
}
const { code, counts } = await runVitest(process.argv.slice(2));
printSummary(counts);
process.exitCode = code;

async function sayWhatIsLeftOut() {
  const { tsImport } = await import('tsx/esm/api');
  const { prepareServers } = await tsImport('./servers/available.ts', import.meta.url);
  const leftOut = await prepareServers();
  for (const { name, because } of leftOut) console.log(`left out: ${name} because ${because}`);
  if (mandatory && leftOut.length > 0) throw new Error('Nothing may be left out with CI=true or HEADRACE_TEST_MANDATORY=1.');
}
