/** In the sandbox: puts an error's message and stack into a payload where the worker encrypts payloads. */
import { DefaultFailureConverter } from '@temporalio/common';
import { encrypts } from '../../sdk/sandbox/encrypts.js';

export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: encrypts });
