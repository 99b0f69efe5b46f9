import { holderOfPort } from '../dev/port.js';

const patience = 1_000;

/** Who listens on a port, in words: another Headrace says so itself under /health. */
export async function whoHolds(host: string, port: number): Promise<string> {
  const headrace = await askHealth(host, port);
  return headrace ?? holderOfPort(port) ?? 'another program';
}

async function askHealth(host: string, port: number): Promise<string | undefined> {
  try {
    const answer = await fetch(`http://${host}:${port}/health`, { signal: AbortSignal.timeout(patience) });
    const { service, pid, folder } = (await answer.json()) as { service?: string; pid?: number; folder?: string };
    if (service !== 'headrace') return undefined;
    return pid === undefined ? 'another Headrace API' : `another Headrace API: pid ${pid}, pipelines of ${folder}`;
  } catch {
    return undefined; // it speaks something else
  }
}
