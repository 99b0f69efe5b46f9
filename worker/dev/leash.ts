import { spawn } from 'node:child_process';

/**
 * Ends a server when this process is gone, however it went: kill -9 lets no handler run, but it closes our end of a
 * pipe, and a shell that waits on the other end then ends the server. Call the returned function before stopping the
 * server yourself.
 */
export function leash(pid: number, signal: 'TERM' | 'INT' = 'TERM'): () => void {
  const shell = spawn('/bin/sh', ['-c', 'read -r line; kill -s "$1" "$0"', String(pid), signal], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true, // its own group: Ctrl-C in the terminal must not end the leash before the server
  });
  shell.on('error', () => {}); // no /bin/sh: the server is then found as an orphan at the next start
  shell.stdin.on('error', () => {});
  shell.unref();
  (shell.stdin as unknown as { unref(): void }).unref();
  return () => {
    shell.kill('SIGKILL');
    shell.stdin.destroy();
  };
}
