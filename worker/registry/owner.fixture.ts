/** Opens a registry, writes without end, and tells of it: to be killed. */
import { openRegistry, pipelineId } from './index.js';

const { database } = await openRegistry({ url: '', folder: process.argv[2] });
for (let index = 0; ; index += 1) {
  await pipelineId(database, `pipeline-${index}`);
  if (index === 20) process.send?.('written');
}
