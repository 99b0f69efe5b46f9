import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import type { Authority } from './certificates.js';

/** A server in front of another one, which takes TLS and hands on what is in it. */
export interface TlsFront {
  /** host:port. */
  address: string;
  /** Names in the certificates of the clients that it took. */
  clients: Set<string>;
  close(): void;
}

/** @param asks for a client's certificate of the same authority; of HTTP/2 then, as Temporal speaks it */
export async function startTlsFront(behind: string, authority: Authority, asks = true): Promise<TlsFront> {
  const clients = new Set<string>();
  const sockets = new Set<TLSSocket>();
  const [host, port] = behind.split(':');
  const { cert, key } = authority.issue('front');
  const asking = asks ? { ca: authority.cert, requestCert: true, rejectUnauthorized: true, ALPNProtocols: ['h2'] } : {};
  const server = createServer({ cert, key, ...asking }, (near) => {
    if (asks) clients.add(String(near.getPeerCertificate().subject.CN));
    const far = connect(Number(port), host);
    sockets.add(near);
    near.on('error', () => far.destroy()).on('close', () => far.destroy());
    far.on('error', () => near.destroy()).on('close', () => near.destroy());
    near.pipe(far).pipe(near);
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, clients, close };
}
