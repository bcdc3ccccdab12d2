import { optInTests } from '@pharmacist/tooling/vitest';

// `pnpm test:slow`: the planted test at full size.
export default optInTests({ include: ['test/**/*.slow.test.ts'], testTimeout: 1_200_000 });
