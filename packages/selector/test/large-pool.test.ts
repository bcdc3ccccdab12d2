import { describeLargePool } from './support/large-pool.ts';

describeLargePool({ numRows: 6000, batchSize: 250 });
