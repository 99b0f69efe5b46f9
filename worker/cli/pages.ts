/** What pages of a list have, one after another, until there are enough. */
export async function* pages<Page extends { cursor?: string }, Item>(
  read: (cursor: string | undefined) => Promise<Page>,
  itemsOf: (page: Page) => readonly Item[],
  enough = Number.POSITIVE_INFINITY,
): AsyncGenerator<Item, void> {
  let left = enough;
  for (let cursor: string | undefined, first = true; left > 0 && (first || cursor !== undefined); first = false) {
    const page: Page = await read(cursor);
    const items = itemsOf(page).slice(0, left);
    yield* items;
    left -= items.length;
    cursor = page.cursor;
  }
}

/** All of them. */
export async function gather<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}
