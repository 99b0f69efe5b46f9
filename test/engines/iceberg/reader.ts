import { askTrino } from '../ask-trino.js';

/** Somebody who reads a table over and over, and keeps each content that he has not seen before. */
export class Reader {
  readonly seen = new Set<string>();
  looks = 0;
  private going = true;
  private readonly ended: Promise<void>;

  constructor(url: string, statement: string) {
    this.ended = this.read(url, statement);
  }

  async stop(): Promise<void> {
    this.going = false;
    await this.ended;
  }

  private async read(url: string, statement: string): Promise<void> {
    while (this.going) {
      this.seen.add(JSON.stringify((await askTrino(url, statement)).rows));
      this.looks += 1;
    }
  }
}
