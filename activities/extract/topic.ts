import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StepContext } from '../../sdk/node/index.js';
import { quoteIdentifier, quoteLiteral } from '../engines/dialect.js';
import { ownLimits, sharedInstance } from '../engines/duckdb/instances.js';
import { DuckDbSession } from '../engines/duckdb/session.js';
import { readTopic } from '../kafka/read-topic.js';
import { ownColumns } from '../kafka/records.js';
import type { Source } from './steps.js';

type Topic = Extract<Source, { kafka: unknown }>;
type Types = Readonly<Record<string, string>>;

/** Brings a topic's messages to this machine for the length of a piece of work, and adds the watermark to what that gives. */
export async function withTopic<Result>(
  topic: Topic,
  context: StepContext,
  work: (relation: string) => Promise<Result>,
): Promise<Result & { watermark: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-'));
  try {
    const file = join(folder, 'messages.jsonl');
    const { watermark, records } = await readTopic(topic, file, context);
    return { ...(await work(await relationOf(file, topic, records, context.signal))), watermark };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function relationOf(file: string, { format, types }: Topic, records: number, signal: AbortSignal): Promise<string> {
  const given = format === 'text' ? { value: 'VARCHAR' } : types;
  if (records === 0)
    return `(SELECT ${Object.entries({ ...ownColumns, ...given })
      .map(emptyColumn)
      .join(', ')} WHERE false)`;
  return read(file, { ...(given ?? (await guess(file, signal))), ...ownColumns });
}

const emptyColumn = ([name, type]: [string, string]) => `CAST(NULL AS ${type}) AS ${quoteIdentifier(name)}`;

/** What DuckDB makes of the values; a key that looks like a date stays the text that it is. */
async function guess(file: string, signal: AbortSignal): Promise<Types> {
  const session = await DuckDbSession.open(await sharedInstance('files', ownLimits), 'topic', signal);
  try {
    const columns = await session.describe({ text: `FROM read_json(${quoteLiteral(file)}, format='newline_delimited', sample_size=-1)` });
    return Object.fromEntries(columns.map(({ name, type }) => [name, type]));
  } finally {
    session.close();
  }
}

function read(file: string, types: Types): string {
  const columns = Object.entries(types).map(([name, type]) => `${quoteIdentifier(name)}: '${type.replaceAll("'", "''")}'`);
  return `read_json(${quoteLiteral(file)}, format='newline_delimited', columns={${columns.join(', ')}})`;
}
