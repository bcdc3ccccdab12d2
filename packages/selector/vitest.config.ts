import { packageTests } from '@pharmacist/tooling/vitest';

export default packageTests({ exclude: ['test/**/*.slow.test.ts'] });
