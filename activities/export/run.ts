import { implement, type StepContext } from '../../sdk/node/index.js';
import { type OutgoingRows, withRows } from './outgoing-rows.js';
import { type Exported, exportData } from './steps.js';
import type { Target } from './target.js';
import { exportToEmail } from './to-email.js';
import { exportToFile } from './to-file.js';
import { exportToHttp } from './to-http.js';
import { exportToKafka } from './to-kafka.js';
import { exportToSlack } from './to-slack.js';
import { exportToTable } from './to-table.js';

export default implement({ exportData }, { exportData: (input, context) => withRows(input, context, (rows) => send(rows, input.to, context)) });

function send(rows: OutgoingRows, to: Target, context: StepContext): Promise<Exported> {
  if ('files' in to) return exportToFile(rows, to, context);
  if ('table' in to) return exportToTable(rows, to, context);
  if ('http' in to) return exportToHttp(rows, to, context);
  if ('kafka' in to) return exportToKafka(rows, to, context);
  if ('slack' in to) return exportToSlack(rows, to, context);
  return exportToEmail(rows, to, context);
}
