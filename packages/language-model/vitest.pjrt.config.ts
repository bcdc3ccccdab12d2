import { optInTests } from '@pharmacist/tooling/vitest';

// `pnpm test:pjrt`: not part of `pnpm test`, since it needs a plugin, which it installs by itself.
export default optInTests({
  include: ['test/**/*.test.ts', 'src/*.test.ts'],
  setupFiles: ['@pharmacist/tooling/vitest/setup', 'test/support/on-pjrt.ts'],
  globalSetup: ['@pharmacist/tooling/vitest/pjrt-plugin'],
  testTimeout: 300_000,
  hookTimeout: 300_000,
});
