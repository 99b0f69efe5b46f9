import type * as z from 'zod';
import type { StepContext } from '../../sdk/node/index.js';
import { escapeSlack, postToSlack, section } from '../notify/slack.js';
import type { OutgoingRows } from './outgoing-rows.js';
import type { Exported } from './steps.js';
import type { SlackTarget } from './target.js';
import { textTable } from './text-table.js';

/** A section of a Slack message holds 3,000 characters, and escaping may lengthen them. */
const longest = 2_500;

/** Posts the first rows as a text table. */
export async function exportToSlack(rows: OutgoingRows, to: z.output<typeof SlackTarget>, context: StepContext): Promise<Exported> {
  const connection = context.connection(to.slack, 'slack');
  const table = textTable(await rows.first(to.rows), longest);
  const left = (await rows.count()) - table.rows;
  const text = `\`\`\`${escapeSlack(table.text).replaceAll('```', "'''").slice(0, 2_990)}\`\`\``;
  const more = left > 0 ? [section(`and ${left} more rows`)] : [];
  const title = { type: 'header', text: { type: 'plain_text', text: to.title.slice(0, 150) } };
  await postToSlack({ text: escapeSlack(to.title), blocks: [title, section(text), ...more] }, connection, { channel: to.slack, context });
  return { rows: table.rows, bytes: Buffer.byteLength(text), location: `slack:${to.slack}` };
}
