import { implement } from '../../sdk/node/index.js';
import { partitions } from '../../sdk/node/partition.js';
import { runPartition } from './run-partition.js';
import { listPartitions, processPartition, watchRuns } from './steps.js';
import { watch } from './watch.js';

export default implement(
  { listPartitions, processPartition, watchRuns },
  {
    listPartitions: async ({ from, limit, at, ...range }) => {
      const found = partitions(range);
      return { total: found.total, partitions: at === undefined ? found.page(from, limit) : at.map((index) => found.at(index)) };
    },
    processPartition: runPartition,
    watchRuns: async ({ workflowIds }) => ({ runs: await watch(workflowIds) }),
  },
);
