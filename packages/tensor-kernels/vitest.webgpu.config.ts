import { optInTests } from '@pharmacist/tooling/vitest';

// `pnpm test:webgpu`: not part of `pnpm test`, since it needs a Vulkan, Metal or Direct3D 12 driver.
export default optInTests({ include: ['test/**/*.webgpu.test.ts'], testTimeout: 300_000, hookTimeout: 300_000, reporters: ['verbose'] });
