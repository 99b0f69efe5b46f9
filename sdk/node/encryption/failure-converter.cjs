// CommonJS: Temporal's worker requires it by its path.
const { DefaultFailureConverter } = require('@temporalio/common');

/** Puts an error's message and stack into a payload, which the codec encrypts. */
exports.failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
