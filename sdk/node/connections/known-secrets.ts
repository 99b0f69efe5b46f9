const known = new Set<string>();
/** Shorter ones stand in ordinary words. */
const shortest = 6;
const inUrl = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@"']*):[^\s/@"']+@/gi;
const bearer = /\b(Bearer )[\w.~+/=-]{8,}/g;
const apiKey = /\b(hrk_[0-9a-f]{12}_)[\w-]{20,}/g;

/** Lets `withoutSecrets` know a secret: whatever was read from a reference is one. */
export function rememberSecret(secret: string): string {
  if (secret.length >= shortest) {
    known.add(secret);
    // As it stands in JSON.
    known.add(JSON.stringify(secret).slice(1, -1));
  }
  return secret;
}

/** A text for people's eyes: what was read as a secret, passwords in URLs, tokens and API keys are left out. */
export function withoutSecrets(text: string): string {
  const masked = text.replaceAll(inUrl, '$1:***@').replaceAll(bearer, '$1***').replaceAll(apiKey, '$1***');
  return [...known].reduce((rest, secret) => rest.replaceAll(secret, '***'), masked);
}
