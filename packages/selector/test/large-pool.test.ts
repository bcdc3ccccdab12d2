import { describeLargePool } from './support/large-pool.ts';

describeLargePool(25_000);
