import { optInTests } from '@pharmacist/tooling/vitest';

// `pnpm test:models`: not part of `pnpm test`, since it fetches published models.
export default optInTests({
  include: ['test/**/*.models.ts'],
  globalSetup: ['@pharmacist/tooling/vitest/real-models'],
  testTimeout: 1_200_000,
  hookTimeout: 600_000,
});
