import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { ValidationError } from '../../sdk/index.js';
import type { StepContext } from '../../sdk/node/index.js';
import { sourcePath } from '../extract/source-files.js';
import type { FlinkApi } from './flink-api.js';
import { errorsOf, flinkError } from './flink-error.js';
import type { JarJob } from './steps.js';

/** Runs a jar's main class, which begins one job under this id. */
export async function beginJar(api: FlinkApi, job: JarJob, id: string, context: StepContext, signal: AbortSignal): Promise<void> {
  const jar = 'id' in job.jar ? job.jar.id : await uploaded(api, await sourcePath(context, job.jar.files, job.jar.path), signal);
  const { entryClass, args, parallelism, savepoint, settings } = job;
  const body = { entryClass, programArgsList: args, parallelism, savepointPath: savepoint, jobId: id, flinkConfiguration: settings };
  const path = `jars/${encodeURIComponent(jar)}/run`;
  const { status, json } = await api.ask({ method: 'POST', path, body, expected: [400, 404, 500], timeout: 120_000, signal });
  const errors = errorsOf(json);
  if (status === 200 || errors.includes('DuplicateJobSubmissionException')) return;
  throw status === 404 || /Jar file .* does not exist/.test(errors) ? noJar(api, jar) : flinkError(api.connection, errors);
}

function noJar({ connection }: FlinkApi, jar: string): ValidationError {
  return new ValidationError(`Flink on '${connection}' has no jar '${jar}', or takes none.`, {
    where: connection,
    fix: 'Name a jar that /jars lists, or one of a files connection; a cluster with web.submit.enable: false takes none.',
  });
}

/** The id of a jar with this content, which is uploaded unless it is there. */
async function uploaded(api: FlinkApi, file: string, signal: AbortSignal): Promise<string> {
  const content = await readFile(file);
  const name = `headrace-${createHash('sha256').update(content).digest('hex').slice(0, 24)}.jar`;
  const { json } = await api.ask({ path: 'jars', expected: [404], signal });
  const { files = [] } = (json ?? {}) as { files?: { id: string; name: string }[] };
  return files.find((known) => known.name === name)?.id ?? upload(api, name, content, signal);
}

async function upload(api: FlinkApi, name: string, content: Buffer, signal: AbortSignal): Promise<string> {
  const boundary = `headrace-${createHash('sha256').update(content).digest('hex')}`;
  const head = `--${boundary}\r\ncontent-disposition: form-data; name="jarfile"; filename="${name}"\r\ncontent-type: application/x-java-archive\r\n\r\n`;
  const body = Buffer.concat([Buffer.from(head), content, Buffer.from(`\r\n--${boundary}--\r\n`)]);
  const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` };
  const { json } = await api.ask({ method: 'POST', path: 'jars/upload', body, headers, timeout: 300_000, has: 'filename', signal });
  return (json as { filename: string }).filename.split('/').at(-1) ?? '';
}
