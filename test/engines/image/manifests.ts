import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { goInstall } from '../../../worker/dev/go-install.js';
import { keptFolder } from '../../servers/kept-folder.js';
import { root } from './ground.js';

const helmVersion = 'v3.22.0';
const judgeFolder = fileURLToPath(new URL('./judge', import.meta.url));
const chart = join(root, 'worker/deploy/chart');
const report = (line: string) => console.error(line);

/** What is looked at of a manifest. */
export interface Manifest {
  kind: string;
  metadata: { name: string };
  data: Record<string, string>;
  spec: { selector: { matchLabels: Record<string, string> }; template: { spec: { terminationGracePeriodSeconds: number; containers: [PodContainer] } } };
}

interface PodContainer {
  args: string[];
  env: { name: string; value?: string }[];
  ports: [{ containerPort: number }];
  resources: { requests: Record<string, string> };
  securityContext: { capabilities?: object };
}

/** A manifest, and what an API server would say against it. */
export interface Verdict {
  object: Manifest;
  complaints: string[];
}

/** What helm answered. */
export interface Answer {
  code: number | null;
  output: string;
  errors: string;
}

/** Runs helm with these values given as JSON, which is YAML. */
export async function helm(command: readonly string[], values: object): Promise<Answer> {
  const folder = await keptFolder('helm', helmVersion, (fresh) => goInstall([`helm.sh/helm/v3/cmd/helm@${helmVersion}`], fresh, report));
  return program(join(folder, 'helm'), [...command, '--values', '-'], JSON.stringify(values));
}

/** The chart's manifests with these values, judged. Rejects with helm's refusal. */
export async function render(values: object): Promise<Verdict[]> {
  const { code, output, errors } = await helm(['template', 'release', chart], values);
  if (code !== 0) throw new Error(errors);
  return judge(output);
}

export const lint = (values: object) => helm(['lint', '--strict', chart], values);

/** Judges manifests, given as YAML. */
export async function judge(manifests: string): Promise<Verdict[]> {
  const source = ['main.go', 'go.mod', 'go.sum'].map((name) => readFileSync(join(judgeFolder, name), 'utf8')).join('');
  const version = createHash('sha256').update(source).digest('hex').slice(0, 12);
  const folder = await keptFolder('manifest-judge', version, (fresh) => goInstall(['.'], fresh, report, judgeFolder));
  const { code, output, errors } = await program(join(folder, 'judge'), [], manifests);
  if (code !== 0) throw new Error(errors);
  return JSON.parse(output) as Verdict[];
}

/** A YAML file of values, as helm reads it. */
export async function readValues(file: string): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-chart-'));
  mkdirSync(join(folder, 'templates'));
  writeFileSync(join(folder, 'Chart.yaml'), 'apiVersion: v2\nname: reader\nversion: 0.0.0\n');
  writeFileSync(join(folder, 'templates/values.yaml'), 'values: {{ .Values | toJson | quote }}\n');
  const { output } = await helm(['template', 'reader', folder, '--values', file], {});
  rmSync(folder, { recursive: true });
  return JSON.parse(JSON.parse(output.slice(output.indexOf('values: ') + 8)) as string);
}

function program(file: string, parameters: readonly string[], input: string): Promise<Answer> {
  const child = spawn(file, parameters, { stdio: ['pipe', 'pipe', 'pipe'] });
  const answer = { output: '', errors: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (answer.output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (answer.errors += text));
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...answer }));
  });
}
