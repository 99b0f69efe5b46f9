import { mandatory } from './vitest-process.mjs';

/** Prepares the servers that tests share, and says which there cannot be here. @throws Error where nothing may be left out */
export async function sayWhatIsLeftOut() {
  const { tsImport } = await import('tsx/esm/api');
  const { prepareServers } = await tsImport('./servers/available.ts', import.meta.url);
  const leftOut = await prepareServers();
  for (const { name, because } of leftOut) console.log(`left out: ${name} because ${because}`);
  if (mandatory && leftOut.length > 0) throw new Error('Nothing may be left out with CI=true or HEADRACE_TEST_MANDATORY=1.');
}
