import { createRequire } from 'node:module';
import { fromCommon, protocol } from '../node/protocol.js';
import type { HistoryEvent } from '../node/status/history-event.js';

/** A history as Temporal's replayer takes it. */
export interface History {
  events: HistoryEvent[];
}

interface Json {
  toJson(this: void, type: unknown, message: object): unknown;
  fromJson(this: void, type: unknown, json: unknown, options: object): unknown;
}

interface Protocol {
  patchProtobufRoot(this: void, root: unknown): { lookupType(name: string): unknown };
}

// Temporal's own historyToJSON fails wherever npm gives @temporalio/common and @temporalio/proto a protobufjs each, as it does
// beside another version at the top: "type must be a Type". So the copy is taken that made the types.
const fromProtocol = createRequire(fromCommon.resolve('@temporalio/proto'));
const { toJson, fromJson } = fromProtocol('protobufjs/ext/protojson') as Json;
const { patchProtobufRoot } = fromCommon('@temporalio/proto/lib/patch-protobuf-root') as Protocol;
const historyType = patchProtobufRoot(protocol).lookupType('temporal.api.history.v1.History');

/** A history as Temporal's other tools write and read it, such as `temporal workflow show --output json`. */
export function historyToJson(history: History): string {
  return `${JSON.stringify(toJson(historyType, protocol.temporal.api.history.v1.History.fromObject(history)), null, 1)}\n`;
}

/** @throws SyntaxError or Error when the text is no history */
export function historyFromJson(text: string): History {
  // A newer server's history has fields that this protocol does not know.
  const history = fromJson(historyType, JSON.parse(text), { ignoreUnknownFields: true }) as Partial<History> | null;
  if (history?.events === undefined || history.events.length === 0) throw new Error('it has no events');
  return { events: history.events };
}
