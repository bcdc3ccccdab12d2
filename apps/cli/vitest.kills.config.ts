import { optInTests } from '@pharmacist/tooling/vitest';

export default optInTests({ include: ['test/**/*.kills.ts'], testTimeout: 3_600_000 });
