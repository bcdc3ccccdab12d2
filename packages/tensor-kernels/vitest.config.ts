import { packageTests } from '@pharmacist/tooling/vitest';
import { configDefaults } from 'vitest/config';

export default packageTests({ exclude: [...configDefaults.exclude, '**/*.webgpu.test.ts', '**/*.pjrt.test.ts', '**/*.node-gpu.test.ts'] });
