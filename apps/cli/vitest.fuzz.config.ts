import { packageTests } from '@pharmacist/tooling/vitest';

export default packageTests({ include: ['test/**/*.fuzz.ts'], testTimeout: 3 * 3_600_000 });
