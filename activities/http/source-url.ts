import { ValidationError } from '../../sdk/index.js';

/** Parameters of a URL by name; a list is one parameter several times. */
export type Query = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/**
 * A URL below a connection's. A path can neither name another server nor climb out of the connection's own path:
 * the connection's headers, which may hold a key, go there.
 *
 * @throws ValidationError when it would
 */
export function below(base: string, path: string, query: Query = {}): URL {
  const url = new URL(base);
  const root = url.pathname.endsWith('/') ? url.pathname : `${url.pathname}/`;
  if (path !== '') url.pathname = root + path.replace(/^\/+/, '');
  if (path !== '' && !url.pathname.startsWith(root)) throw new ValidationError(`The path '${path}' leaves the connection's URL.`);
  for (const [name, value] of Object.entries(query)) {
    url.searchParams.delete(name);
    for (const one of [value].flat()) url.searchParams.append(name, String(one));
  }
  return url;
}

/** The next page's URL as a server gave it, which may be relative. @throws ValidationError when it is another server's */
export function following(current: URL, next: string): URL {
  const url = URL.canParse(next, current.href) ? new URL(next, current) : undefined;
  if (url?.origin === current.origin) return url;
  throw new ValidationError(`The next page is not on ${current.origin}, where the connection's headers may be sent.`, {
    fix: 'Use a paging by cursor, page or offset, or make the connection name the server that the links name.',
  });
}
