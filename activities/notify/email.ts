import { createTransport, type SendMailOptions } from 'nodemailer';
import { HeadraceError, PermissionDeniedError, ValidationError } from '../../sdk/index.js';
import type { Connection } from '../../sdk/node/index.js';
import type { Delivery } from './delivery.js';

export interface Email {
  /** The connection's own recipients unless given. */
  to?: readonly string[];
  subject: string;
  text: string;
  html: string;
  attachments?: readonly { filename: string; contentType: string; content?: string; path?: string }[];
}

type Smtp = Connection & { kind: 'smtp' };

const patience = 30_000;

/**
 * Sends an email by SMTP. Its Message-ID is the same through all retries, by which mail servers and programs tell a repeat.
 *
 * @throws PermissionDeniedError when the server refuses the credentials, ValidationError when it refuses the message or all recipients for good,
 * HeadraceError unreachable, which is retried
 */
export async function sendEmail(email: Email, connection: Smtp, { channel, id, context }: Delivery): Promise<void> {
  context.signal.throwIfAborted();
  const to = email.to ?? connection.to;
  if (to.length === 0)
    throw new HeadraceError(`The connection '${channel}' has no recipients.`, {
      code: 'bad_connection',
      where: channel,
      fix: 'Add "to": ["team@example.com"] to it.',
    });
  const sent = await abortable(context.signal, transport(connection).sendMail(messageOf(email, [...to], connection.from, id))).catch((error: unknown) => {
    throw context.signal.aborted ? context.signal.reason : explain(error, channel);
  });
  if (sent.rejected.length > 0) context.log.warn(`Email (${channel}) was refused for ${sent.rejected.map(String).join(', ')}; the others have it.`);
}

function transport({ host, port, secure, user, password }: Smtp) {
  const isHere = ['localhost', '127.0.0.1', '::1'].includes(host);
  return createTransport({
    host,
    port,
    secure,
    requireTLS: password !== undefined && !isHere && !secure, // a password never travels in the clear
    ...(user === undefined ? {} : { auth: { user, pass: password ?? '' } }),
    connectionTimeout: patience,
    greetingTimeout: patience,
    socketTimeout: patience,
    dnsTimeout: patience,
    disableUrlAccess: true,
  });
}

function messageOf({ subject, text, html, attachments = [] }: Email, to: string[], from: string, id: string): SendMailOptions {
  return { from, to, subject, text, html, messageId: `<${id}@headrace>`, attachments: attachments.map((attachment) => ({ ...attachment })) };
}

function abortable<Result>(signal: AbortSignal, work: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** SMTP replies of 5xx are final (RFC 5321 §4.2.1); 4xx and broken connections may pass. */
function explain(error: unknown, channel: string): HeadraceError {
  const { code, responseCode = 0, message } = error as { code?: string; responseCode?: number; message: string };
  const told = `Email (${channel}) was not sent: ${message}`;
  if (code === 'EAUTH' && responseCode >= 500) return new PermissionDeniedError(told);
  if (responseCode >= 500) return new ValidationError(told);
  return new HeadraceError(told, { code: 'unreachable' });
}
