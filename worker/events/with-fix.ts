/** What went wrong, and what helps where that is known. */
export function withFix(error: unknown): string {
  const { message, fix } = error as Error & { fix?: string };
  return fix === undefined ? message : `${message} — ${fix}`;
}
