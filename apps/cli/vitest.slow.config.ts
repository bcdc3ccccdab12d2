import { packageTests } from '@pharmacist/tooling/vitest';

export default packageTests({ include: ['test/**/*.slow.ts'], testTimeout: 900_000, hookTimeout: 600_000 });
