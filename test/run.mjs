// `npm test`: installs and builds what is missing, says what cannot be tested here, and runs vitest. Arguments go to it.
import { prepare } from '../worker/dev/prepare.mjs';
import { sayWhatIsLeftOut } from './left-out.mjs';
import { printSummary } from './summary.mjs';
import { runVitest } from './vitest-process.mjs';

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
