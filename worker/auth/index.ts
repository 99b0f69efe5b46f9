/** Who asks, and what they may do. */
export { AuthReference, resolveAuth, resolveTrust } from './auth-settings.js';
export { Authenticator, type AuthSettings } from './authenticator.js';
export { makeSigningKey } from './signing-key.js';
