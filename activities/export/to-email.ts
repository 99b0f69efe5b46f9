import { join } from 'node:path';
import type * as z from 'zod';
import { ValidationError } from '../../sdk/index.js';
import type { StepContext } from '../../sdk/node/index.js';
import { deliveryId } from '../notify/deliver.js';
import { sendEmail } from '../notify/email.js';
import { htmlParagraph, htmlTable } from '../notify/html.js';
import type { OutgoingRows } from './outgoing-rows.js';
import type { Exported } from './steps.js';
import type { EmailTarget } from './target.js';
import { cells, textTable } from './text-table.js';

type To = z.output<typeof EmailTarget>;

/** Mail servers commonly refuse more, the third that base64 adds included. */
const largestAttachment = 10 * 1_048_576;

/** Sends the first rows as a table and all of them as an attachment. */
export async function exportToEmail(rows: OutgoingRows, to: To, context: StepContext): Promise<Exported> {
  const connection = context.connection(to.email, 'smtp');
  const first = await rows.first(Math.max(to.rows, 1));
  const shown = { ...first, rows: first.rows.slice(0, to.rows) };
  const count = await rows.count();
  const attachment = to.attachment === 'csv' ? await attach(rows) : undefined;
  const more = remainder(count - shown.rows.length, attachment !== undefined);
  const email = {
    ...(to.recipients === undefined ? {} : { to: to.recipients }),
    subject: to.subject,
    text: [to.text, textTable(shown).text, more].filter((part) => part !== '').join('\n\n'),
    html: [
      htmlParagraph(to.text),
      htmlTable(
        shown.rows.map((row) => cells(shown, row)),
        shown.columns.map((column) => column.name),
      ),
      htmlParagraph(more),
    ].join(''),
    attachments: attachment === undefined ? [] : [{ filename: `${fileName(to.subject)}.csv`, contentType: 'text/csv', path: attachment.file }],
  };
  await sendEmail(email, connection, { channel: to.email, id: deliveryId(context, to.email), context });
  const sent = attachment ?? { rows: shown.rows.length, bytes: Buffer.byteLength(email.html) };
  return { rows: sent.rows, bytes: sent.bytes, location: `email:${to.email}` };
}

async function attach(rows: OutgoingRows): Promise<{ file: string; rows: number; bytes: number }> {
  const file = join(rows.folder, 'attachment.csv');
  const written = await rows.write(file, 'csv');
  if (written.bytes <= largestAttachment) return { file, ...written };
  throw new ValidationError(`The attachment has ${written.bytes} bytes; ${largestAttachment} are allowed.`, {
    fix: "Export fewer rows or columns, or give attachment: 'none' and export a file.",
  });
}

function remainder(left: number, isAttached: boolean): string {
  return left > 0 ? `and ${left} more rows${isAttached ? ' in the attachment' : ''}` : '';
}

function fileName(subject: string): string {
  return (
    subject
      .replace(/[^\p{Letter}\p{Number}.-]+/gu, '-')
      .replace(/^[-.]+|[-.]+$/g, '')
      .slice(0, 80) || 'rows'
  );
}
