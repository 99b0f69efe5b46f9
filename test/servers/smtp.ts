import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

/** A mail as it came in. */
export interface Mail {
  from: string;
  to: string[];
  /** Headers and body as sent. */
  raw: string;
}

export interface MailSink {
  /** smtp://127.0.0.1:port */
  url: string;
  port: number;
  /** Every mail so far, oldest first. */
  mails: Mail[];
  stop(): Promise<void>;
}

/** A mail server on 127.0.0.1 that accepts everything, and delivers nothing. */
export async function startMailSink(): Promise<MailSink> {
  const mails: Mail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onAuth: (auth, _session, done) => done(null, { user: auth.username }),
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        const raw = Buffer.concat(chunks).toString('utf8');
        mails.push({ from: mailFrom ? mailFrom.address : '', to: rcptTo.map(({ address }) => address), raw });
        done();
      });
    },
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.server.address() as AddressInfo;
  return { url: `smtp://127.0.0.1:${port}`, port, mails, stop: () => new Promise((resolve) => server.close(() => resolve())) };
}
