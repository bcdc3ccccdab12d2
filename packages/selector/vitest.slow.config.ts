import { optInTests } from '@pharmacist/tooling/vitest';

// `pnpm test:slow`: every method on a million rows.
export default optInTests({ include: ['test/**/*.slow.test.ts'] });
