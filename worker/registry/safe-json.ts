/** What PostgreSQL's text and jsonb refuse: NUL, and half of a surrogate pair, which JSON.stringify writes as an escape. */
const refused = /(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/g;

/** A value as JSON that jsonb takes, null for undefined: what it would refuse becomes U+FFFD, so that no output can stop a run's record. */
export function requiredJson(value: unknown): string {
  return (JSON.stringify(value) ?? 'null').replaceAll(refused, '$1\\ufffd');
}

/** Text that PostgreSQL takes. */
export function safeText(text: string): string {
  return JSON.parse(requiredJson(text)) as string;
}
