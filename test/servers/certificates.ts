import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** A certificate and its private key, in PEM. */
export interface Certified {
  cert: string;
  key: string;
}

/** An authority that makes certificates for an hour: Node can read certificates and cannot make them. */
export interface Authority extends Certified {
  /** A certificate for this machine, whether of a server or of a client. */
  issue(name: string): Certified;
}

const hour = 3_600_000;
const ecdsaSha256 = '2a8648ce3d040302';
const commonName = '550403';
const basicConstraints = '551d13';
const alternativeNames = '551d11';

export function makeAuthority(name = 'test authority'): Authority {
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  // An authority says so of itself, critically (RFC 5280, 4.2.1.9).
  const isAuthority = extension(basicConstraints, sequence(boolean(true)), true);
  const issue = (subject: string) => {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const here = extension(alternativeNames, sequence(tagged(0x82, Buffer.from('localhost')), tagged(0x87, Buffer.from([127, 0, 0, 1]))), false);
    return { cert: certificate(name, subject, pair.publicKey, own.privateKey, here), key: pem(pair.privateKey) };
  };
  return { cert: certificate(name, name, own.publicKey, own.privateKey, isAuthority), key: pem(own.privateKey), issue };
}

function certificate(issuer: string, subject: string, publicKey: KeyObject, signedBy: KeyObject, ...extensions: Buffer[]): string {
  const now = Date.now();
  const algorithm = sequence(identifier(ecdsaSha256));
  const body = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    nameOf(issuer),
    sequence(time(now - hour), time(now + hour)),
    nameOf(subject),
    publicKey.export({ format: 'der', type: 'spki' }),
    tagged(0xa3, sequence(...extensions)),
  );
  const whole = sequence(body, algorithm, bits(sign('sha256', body, signedBy)));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

/** ASN.1 in DER (X.690): a tag, a length, and what it holds. */
function tagged(tag: number, ...parts: Buffer[]): Buffer {
  const value = Buffer.concat(parts);
  const length = value.length < 0x80 ? [value.length] : value.length < 0x100 ? [0x81, value.length] : [0x82, value.length >> 8, value.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), value]);
}

const sequence = (...parts: Buffer[]) => tagged(0x30, ...parts);
const integer = (value: Buffer) => tagged(0x02, value);
const boolean = (value: boolean) => tagged(0x01, Buffer.from([value ? 0xff : 0]));
const bits = (value: Buffer) => tagged(0x03, Buffer.from([0]), value);
const identifier = (hex: string) => tagged(0x06, Buffer.from(hex, 'hex'));
const text = (value: string) => tagged(0x0c, Buffer.from(value));
const time = (at: number) => tagged(0x17, Buffer.from(`${new Date(at).toISOString().slice(2, 19).replaceAll(/[-:T]/g, '')}Z`));
const nameOf = (name: string) => sequence(tagged(0x31, sequence(identifier(commonName), text(name))));

function extension(id: string, value: Buffer, critical: boolean): Buffer {
  return sequence(identifier(id), ...(critical ? [boolean(true)] : []), tagged(0x04, value));
}

function pem(key: KeyObject): string {
  return key.export({ format: 'pem', type: 'pkcs8' }).toString();
}
