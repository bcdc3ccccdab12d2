import { describeLargePool } from './support/large-pool.ts';

describeLargePool(50_000);
