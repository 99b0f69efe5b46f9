const mark = 'headrace ';

/** The comment of a table that is made now: neither Trino nor a .duckdb file says when its tables were made. */
export function madeNow(): string {
  return `${mark}${new Date().toISOString()}`;
}

/** Whether a table's comment says that it was made more than some days ago. */
export function isOlder(comment: string | null, days: number, now = Date.now()): boolean {
  return comment?.startsWith(mark) === true && Date.parse(comment.slice(mark.length)) < now - days * 86_400_000;
}
