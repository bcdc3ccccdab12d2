import { optInTests } from '@pharmacist/tooling/vitest';

// `pnpm test:browser`: not part of `pnpm test`, since it needs a Chromium on the machine (CHROMIUM_PATH or the usual places).
export default optInTests({ include: ['test/**/*.browser.test.ts'], testTimeout: 120_000, hookTimeout: 120_000, reporters: ['verbose'] });
