import { packageTests } from '@pharmacist/tooling/vitest';

export default packageTests();
