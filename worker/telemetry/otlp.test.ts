import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { gauge } from './family.js';
import { startOtlp } from './otlp.js';

test('a collector that refuses is told of in a sentence', async () => {
  const server = createServer((_request, response) => response.writeHead(404).end('no such path'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  onTestFinished(() => void vi.unstubAllEnvs());
  const said: string[] = [];
  const sources = [async () => [gauge('lag', 'How far behind.', 1)]];
  const otlp = startOtlp({ service: 'test', sources, traces: false, metrics: true, report: (message) => said.push(message) });
  await otlp.stop();
  expect(said).toEqual([expect.stringMatching(/^OpenTelemetry: (?!.*[{}]).*(404|Not Found)/)]);
});
