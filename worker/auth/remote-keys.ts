import { createRemoteJWKSet, customFetch, type FetchImplementation } from 'jose';

/** Milliseconds for which an issuer that gave no keys is not asked again. */
const rest = 5_000;

/**
 * The keys that an issuer serves. They are asked for when ten minutes have passed, so that a key which was taken away is refused then, and when
 * a token names an unknown one, but not more often than every 30 seconds.
 */
export function remoteKeys(address: string): ReturnType<typeof createRemoteJWKSet> {
  return createRemoteJWKSet(new URL(address), { timeoutDuration: 5_000, cooldownDuration: 30_000, cacheMaxAge: 600_000, [customFetch]: restingFetch() });
}

/** Else each token that names an unknown key, and whoever invents them, would be a request to an issuer that is away. */
function restingFetch(): FetchImplementation {
  let failure: { at: number; error: unknown } | undefined;
  return async (url, options) => {
    if (failure !== undefined && Date.now() < failure.at + rest) throw failure.error;
    try {
      const response = await fetch(url, options);
      if (response.status !== 200) throw new Error(`it answered with ${response.status}`);
      failure = undefined;
      return response;
    } catch (error) {
      failure = { at: Date.now(), error };
      throw error;
    }
  };
}
