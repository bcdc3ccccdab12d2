import { defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';

const SOURCE = '@pharmacist/source';

/**
 * The one vitest configuration: workspace packages are read from source (no build in the test loop), native addons run in forked
 * processes, one at a time, and a test that prints fails (library code never prints).
 * @param {import('vitest/config').ViteUserConfig['test']} overrides fields of `test` that one package sets itself
 */
export function packageTests(overrides = {}) {
  return defineConfig({
    ssr: { resolve: { conditions: [SOURCE, ...defaultServerConditions] } },
    resolve: { conditions: [SOURCE, ...defaultServerConditions] },
    test: {
      include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
      pool: 'forks',
      maxWorkers: 1,
      testTimeout: 60_000,
      hookTimeout: 60_000,
      setupFiles: ['@pharmacist/tooling/vitest/setup'],
      ...overrides,
    },
  });
}
