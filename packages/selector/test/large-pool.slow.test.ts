import { describeLargePool } from './support/large-pool.ts';

describeLargePool(1_000_000);
