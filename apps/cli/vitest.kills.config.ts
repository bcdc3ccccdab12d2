import { packageTests } from '@pharmacist/tooling/vitest';

export default packageTests({ include: ['test/**/*.kills.ts'], testTimeout: 3_600_000 });
