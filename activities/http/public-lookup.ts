import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { PermissionDeniedError } from '../../sdk/index.js';
import { isPublic } from './address.js';

/** Asks for all addresses of a name. */
export type Resolver = (hostname: string, done: (error: Error | null, addresses: LookupAddress[]) => void) => void;

const systemResolver: Resolver = (hostname, done) => systemLookup(hostname, { all: true }, done);

/**
 * A socket's lookup that resolves a name once and gives the socket only addresses that were checked, so that a name cannot change its address
 * between the check and the connection. One closed address among them refuses the name.
 */
export function publicLookup(resolve: Resolver = systemResolver): LookupFunction {
  return (hostname, options, done) => {
    resolve(hostname, (error, addresses) => {
      const refusal = error ?? findClosed(hostname, addresses);
      if (refusal !== undefined) done(refusal, [], undefined);
      else if (options.all === true) done(null, addresses, undefined);
      else done(null, addresses[0]?.address ?? '', addresses[0]?.family);
    });
  };
}

/** Refuses a URL that must not be asked before anything is connected: no TLS, or an address in its own right that is not public. */
export function checkUrl(url: URL): void {
  if (url.protocol !== 'https:') throw refuse(`${url.protocol}//${url.host} is not https`);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && !isPublic(host)) throw refuse(`${host} is not a public address`);
}

function findClosed(hostname: string, addresses: LookupAddress[]): Error | undefined {
  const found = addresses.find(({ address }) => !isPublic(address));
  if (found !== undefined) return refuse(`${hostname} is ${found.address}, which is not a public address`);
  return addresses.length === 0 ? new Error(`${hostname} has no address`) : undefined;
}

function refuse(what: string): PermissionDeniedError {
  return new PermissionDeniedError(`The request was not sent: ${what}.`, {
    fix: 'If the connection may reach private addresses, and without TLS, set "privateAddresses": true in it.',
  });
}
