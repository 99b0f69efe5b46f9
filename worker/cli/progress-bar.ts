import { columns, cut } from './terminal.js';

const width = 24;
const clear = '\r\u001b[K';

/** A line at the foot of the terminal that is drawn again and again. */
export const progressBar = {
  draw(progress: number, text: string): void {
    const filled = Math.round(progress * width);
    const bar = `${'█'.repeat(filled)}${'░'.repeat(width - filled)}`;
    process.stdout.write(clear + cut(`${bar} ${Math.round(progress * 100)} % ${text}`, columns() - 1));
  },
  /** Prints what stays, above the line. */
  above(text: string): void {
    process.stdout.write(`${clear}${text}\n`);
  },
  remove(): void {
    process.stdout.write(clear);
  },
};
