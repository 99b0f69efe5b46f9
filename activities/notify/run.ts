import { implement, type StepContext } from '../../sdk/node/index.js';
import { deliverToAll } from './deliver.js';
import { completionNotice, failureNotice, type Notice, qualityNotice } from './notice.js';
import { type Recipients, route } from './recipients.js';
import { notifyFailure, notifyPipelineCompletion, notifyQualityIssue } from './steps.js';

export default implement(
  { notifyQualityIssue, notifyPipelineCompletion, notifyFailure },
  {
    notifyQualityIssue: async (input, context) => send(qualityNotice(input, context), input.to, context),
    notifyPipelineCompletion: async (input, context) => send(completionNotice(input, context), input.to, context),
    notifyFailure: async (input, context) => send(failureNotice(input, context), input.to, context),
  },
);

async function send(notice: Notice, to: Recipients, context: StepContext): Promise<{ delivered: string[] }> {
  const channels = route(to, notice.severity);
  if (channels.length === 0) context.log.warn(`Nobody is told "${notice.title}": 'to' names no connection for ${notice.severity}.`);
  return { delivered: await deliverToAll(notice, channels, context) };
}
