import { packageTests } from '@pharmacist/tooling/vitest';

// `pnpm test:slow`: the planted test at full size.
export default packageTests({ include: ['test/**/*.slow.test.ts'], testTimeout: 1_200_000 });
