import type { Command } from 'commander';
import { ApiClient } from '../../sdk/api-client/index.js';
import { holderOf } from '../dev/ownership.js';

/** Options of every command that speaks with the API. */
export interface Target {
  api?: string;
  json?: boolean;
}

/** The options of a Target. */
export function addTarget(command: Command): Command {
  return command.option('--api <url>', "the API's address").option('--json', 'as JSON');
}

/** The API as who runs the command: by HEADRACE_API_KEY, which may be an API key or a token. */
export function openApi({ api }: Target): ApiClient {
  return new ApiClient({ url: api ?? process.env.HEADRACE_API ?? announced() ?? 'http://127.0.0.1:8092', token: process.env.HEADRACE_API_KEY });
}

/** The address of the `headrace dev` that holds this folder's state. */
function announced(): string | undefined {
  return holderOf('.headrace')
    ?.urls.find((url) => url.endsWith('/v1'))
    ?.replace(/\/v1$/, '');
}
