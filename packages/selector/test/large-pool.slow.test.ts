import { describeLargePool } from './support/large-pool.ts';

describeLargePool({ numRows: 1_000_000, batchSize: 2000 });
