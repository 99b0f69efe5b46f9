/** The HTTP API: starts runs, reports on them, takes approvals (SPEC §6). */
export { type Api, type ApiSettings, startApi } from './start-api.js';
