import { optInTests } from '@pharmacist/tooling/vitest';

export default optInTests({ include: ['test/stores/moto.store.ts'], testTimeout: 600_000, hookTimeout: 600_000 });
