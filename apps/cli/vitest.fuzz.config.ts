import { optInTests } from '@pharmacist/tooling/vitest';

export default optInTests({ include: ['test/**/*.fuzz.ts'], testTimeout: 3 * 3_600_000 });
