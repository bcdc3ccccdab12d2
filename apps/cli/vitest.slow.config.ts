import { optInTests } from '@pharmacist/tooling/vitest';

export default optInTests({ include: ['test/**/*.slow.ts'], testTimeout: 900_000, hookTimeout: 600_000 });
