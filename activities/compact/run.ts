import { implement } from '../../sdk/node/index.js';
import { openTrino } from '../load/iceberg/open-trino.js';
import { compact } from './compact.js';
import { compactIcebergTable } from './steps.js';

export default implement(
  { compactIcebergTable },
  {
    compactIcebergTable: (input, context) =>
      openTrino(context, input.table.connection, 'compact_iceberg_table', async (lakehouse) => ({ table: input.table, ...(await compact(lakehouse, input)) })),
  },
);
