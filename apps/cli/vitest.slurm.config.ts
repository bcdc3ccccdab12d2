import { optInTests } from '@pharmacist/tooling/vitest';

export default optInTests({ include: ['test/clusters/slurm.cluster.ts'], testTimeout: 1_200_000, hookTimeout: 900_000 });
