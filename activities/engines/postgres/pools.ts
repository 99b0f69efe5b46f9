export async function closePools(): Promise<void> {}
