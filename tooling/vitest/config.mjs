import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cwd } from 'node:process';
import { defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';

const SOURCE = '@pharmacist/source';
// Without `module`, which is for bundlers: Node itself would be told to take files that leave endings out.
const CONDITIONS = [SOURCE, ...defaultServerConditions.filter((condition) => condition !== 'module')];

const WORKSPACE = resolve(import.meta.dirname, '../..');

/**
 * The one vitest configuration: workspace packages are read from source (no build in the test loop), native addons run in a forked process, and a
 * test that prints fails (library code never prints). All files of a package run in one process, whatever their order: reading the packages anew for
 * every file took half the time. What a test changes in the process it must put back.
 * @param {import('vitest/config').ViteUserConfig['test']} overrides fields of `test` that one package sets itself
 * @param {string} root what paths begin at
 */
function configOf(overrides, root) {
  return defineConfig({
    root,
    ssr: { resolve: { conditions: CONDITIONS } },
    resolve: { conditions: CONDITIONS },
    test: {
      dir: cwd(),
      include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
      pool: 'forks',
      maxWorkers: 1,
      isolate: false,
      // Far beyond what any test needs: only what hangs is ended, on a busy machine too.
      testTimeout: 180_000,
      hookTimeout: 180_000,
      setupFiles: [join(import.meta.dirname, 'setup.ts')],
      ...overrides,
    },
  });
}

/** The tests of a package. What one package's tests made of a source, in `node_modules/.cache`, is there for those of the next: the root is the same. */
export function packageTests(overrides = {}) {
  return configOf({ experimental: { fsModuleCache: true, fsModuleCachePath: compiledFiles() }, ...overrides }, WORKSPACE);
}

/** A suite beside `pnpm test`, each file in a process of its own: a device that a failed test has broken, or memory that it left, is no other file's. */
export function optInTests(overrides = {}) {
  return configOf({ isolate: true, ...overrides }, cwd());
}

/** One folder for each state of what decides, beside its text, what becomes of a source: versions, and where names of packages lead. */
function compiledFiles() {
  const packages = ['packages', 'apps'].flatMap((group) => readdirSync(join(WORKSPACE, group)).map((name) => join(group, name)));
  const manifests = [...packages, 'tooling', 'test-fixtures'].map((folder) => join(WORKSPACE, folder, 'package.json'));
  const hash = createHash('sha256');
  for (const file of [join(WORKSPACE, 'pnpm-lock.yaml'), ...manifests.filter(existsSync)]) hash.update(readFileSync(file)).update('\0');
  return join(WORKSPACE, 'node_modules/.cache/pharmacist/vitest', hash.digest('hex').slice(0, 32));
}
