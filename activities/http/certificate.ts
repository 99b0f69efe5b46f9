import { ValidationError } from '../../sdk/index.js';

const untrusted =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT(_LOCALLY)?|CERT_UNTRUSTED|CERT_SIGNATURE_FAILURE)$/; // the last of an authority that has a new key under its old name
const unfit = /^(CERT_\w+|ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH)$/;

/** What is wrong with a server's certificate, which no later attempt mends; undefined where an error is of something else. @param what the server or the request, as errors name it */
export function certificateError(what: string, error: unknown, where?: string): ValidationError | undefined {
  const { code = '', message } = error as NodeJS.ErrnoException;
  const options = { code: 'bad_connection', where } as const;
  if (untrusted.test(code)) {
    const fix = 'Name the authority of its certificate, in PEM, as `ca` of the connection (`file:/path`), or to the whole worker by NODE_EXTRA_CA_CERTS.';
    return new ValidationError(`${what}: its certificate is not trusted (${message}).`, { ...options, fix });
  }
  if (!unfit.test(code)) return undefined;
  return new ValidationError(`${what}: its certificate does not hold (${message}).`, {
    ...options,
    fix: 'Give the server a valid certificate for the name in `url`.',
  });
}
