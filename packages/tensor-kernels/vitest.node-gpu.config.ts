import { optInTests } from '@pharmacist/tooling/vitest';

// `pnpm test:node-gpu`: not part of `pnpm test`, since it needs the native part of tfjs-node-gpu, which it builds by itself.
export default optInTests({
  include: ['test/**/*.node-gpu.test.ts'],
  globalSetup: ['./test/support/node-gpu-addon.ts'],
  testTimeout: 300_000,
  hookTimeout: 300_000,
});
