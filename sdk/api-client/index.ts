/** A client of the API over HTTP, for programs that are no worker: it needs neither Temporal nor Node. */

export { type Api, type ApiAnswer, ApiClient, type ApiClientOptions, type ApiPath, type ApiRequest } from './api-client.js';
export { ApiError } from './api-error.js';
export type { FollowOptions, StreamMessage } from './event-stream.js';
export type { components, paths } from './openapi.js';
