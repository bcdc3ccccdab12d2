import { defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';

const SOURCE = '@pharmacist/source';
// Without `module`, which is for bundlers: Node itself would be told to take files that leave endings out.
const CONDITIONS = [SOURCE, ...defaultServerConditions.filter((condition) => condition !== 'module')];

/**
 * The one vitest configuration: workspace packages are read from source (no build in the test loop), native addons run in a forked process, and a
 * test that prints fails (library code never prints). All files of a package run in one process, whatever their order: reading the packages anew for
 * every file took half the time. What a test changes in the process it must put back.
 * @param {import('vitest/config').ViteUserConfig['test']} overrides fields of `test` that one package sets itself
 */
export function packageTests(overrides = {}) {
  return defineConfig({
    ssr: { resolve: { conditions: CONDITIONS } },
    resolve: { conditions: CONDITIONS },
    test: {
      include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
      pool: 'forks',
      maxWorkers: 1,
      isolate: false,
      // Far beyond what any test needs: only what hangs is ended, on a busy machine too.
      testTimeout: 180_000,
      hookTimeout: 180_000,
      setupFiles: ['@pharmacist/tooling/vitest/setup'],
      ...overrides,
    },
  });
}

/** A suite beside `pnpm test`, each file in a process of its own: a device that a failed test has broken, or memory that it left, is no other file's. */
export function optInTests(overrides = {}) {
  return packageTests({ isolate: true, ...overrides });
}
