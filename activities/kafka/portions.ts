import type { Message } from 'kafkajs';

/** Bytes: kafkajs sends what goes to one partition as one batch, of which a broker takes 1 MB unless it is told otherwise. */
const portion = 500_000;
/** Of a message beside its key and value: headers, lengths, offsets. */
const frame = 200;

/** Messages in portions that a broker takes, in order. A message that is larger by itself stands alone. */
export function* portionsOf(messages: readonly Message[]): Generator<Message[]> {
  let next: Message[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = sizeOf(message);
    if (next.length > 0 && bytes + size > portion) {
      yield next;
      next = [];
      bytes = 0;
    }
    next.push(message);
    bytes += size;
  }
  if (next.length > 0) yield next;
}

function sizeOf({ key, value }: Message): number {
  return frame + Buffer.byteLength(key ?? '') + Buffer.byteLength(value ?? '');
}
