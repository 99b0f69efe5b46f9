interface Stoppable {
  stop(): unknown;
}

/** Takes a server, also one that is still starting, under what is stopped together. */
type Keep = <Server extends Stoppable>(server: Server | Promise<Server>) => Promise<Server>;

/**
 * Starts servers that belong together. The `stop` that comes with them ends all that was kept, the last first. When `start` rejects, that is done at once, and
 * one that is still starting is waited for.
 */
export async function startTogether<Servers extends object>(start: (keep: Keep) => Promise<Servers>): Promise<Servers & { stop(): Promise<void> }> {
  const kept: Promise<Stoppable | undefined>[] = [];
  const stop = async () => {
    for (const starting of kept.splice(0).reverse()) await (await starting)?.stop();
  };
  const keep: Keep = (server) => {
    const starting = Promise.resolve(server);
    kept.push(starting.catch(() => undefined));
    return starting;
  };
  try {
    return { ...(await start(keep)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
