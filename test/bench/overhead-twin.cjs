/** The same forty steps as a Temporal user writes them by hand. */
const { proxyActivities } = require('@temporalio/workflow');

const { forward } = proxyActivities({
  startToCloseTimeout: '1 hour',
  scheduleToCloseTimeout: '24 hours',
  heartbeatTimeout: '20 seconds',
  retry: {
    initialInterval: '10 seconds',
    backoffCoefficient: 2,
    maximumInterval: '5 minutes',
    maximumAttempts: 5,
    nonRetryableErrorTypes: ['ValidationError', 'PermissionDeniedError', 'SchemaConflictError'],
  },
});

exports.fortyByHand = async function fortyByHand(row) {
  let last = row;
  for (let index = 0; index < 40; index += 1) last = await forward({ ...last, id: index });
  return last;
};
