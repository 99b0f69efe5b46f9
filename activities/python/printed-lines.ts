import type { StepLog } from '../../sdk/node/step-context.js';

export type Source = 'stdout' | 'stderr';

const longestLine = 4_000;
const mostLogged = 1_000;
const lastKept = 20;

/** What a script prints, line by line: logged up to a cap, the last lines kept for its error, no more than a line of each source in memory. */
export class PrintedLines {
  count = 0;
  readonly last: string[] = [];
  private readonly pending: Record<Source, string> = { stdout: '', stderr: '' };

  constructor(
    private readonly log: StepLog,
    private readonly secrets: readonly string[],
  ) {}

  /** Takes the next piece of what was printed. */
  add(source: Source, text: string): void {
    const lines = (this.pending[source] + text).split('\n');
    this.pending[source] = lines.pop() ?? '';
    for (const line of lines) this.take(source, line);
    if (this.pending[source].length > longestLine) this.cut(source);
  }

  /** Takes what is left when the script has ended. */
  end(): void {
    this.flush('stdout');
    this.flush('stderr');
    if (this.count > mostLogged) this.log.warn(`${this.count - mostLogged} more lines of the script are not logged.`);
  }

  /** Takes the beginning of an overlong line. What may be the beginning of a secret waits for the rest of it. */
  private cut(source: Source): void {
    const line = this.mask(this.pending[source]);
    const waiting = Math.max(0, ...this.secrets.map(({ length }) => length - 1));
    this.pending[source] = line.slice(Math.max(0, line.length - waiting));
    if (line.length > waiting) this.take(source, line.slice(0, line.length - waiting));
  }

  private mask(text: string): string {
    return this.secrets.reduce((masked, secret) => masked.replaceAll(secret, '***'), text);
  }

  private flush(source: Source): void {
    const line = this.pending[source];
    this.pending[source] = '';
    if (line !== '') this.take(source, line);
  }

  private take(source: Source, line: string): void {
    const cleaned = this.mask(line).slice(0, longestLine);
    this.count += 1;
    this.last.push(cleaned);
    if (this.last.length > lastKept) this.last.shift();
    if (this.count <= mostLogged) this.log.info(cleaned, { source });
  }
}
