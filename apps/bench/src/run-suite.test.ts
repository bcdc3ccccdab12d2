import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { figure } from './figure.ts';
import { SUITES } from './registry.ts';
import { readResult, resultPath } from './result.ts';
import { runSuite } from './run-suite.ts';
import type { Suite, SuiteContext } from './suite.ts';

const SUITE: Suite = {
  name: 'example',
  summary: 'an example',
  run: async ({ quick }) => ({
    figures: [figure('step', 'ms', [3, 1, 2], { atMost: quick ? 1 : 2 })],
    notes: ['a note'],
    protocol: { rounds: 3 },
    versions: { engine: '1.0' },
  }),
};

let dir: string;
let lines: string[];
let context: SuiteContext;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'bench-'));
  lines = [];
  context = {
    rounds: undefined,
    quick: false,
    python: 'python3',
    model: undefined,
    pool: undefined,
    methods: undefined,
    rows: undefined,
    scratch: dir,
    say: (line) => lines.push(line),
  };
});

afterEach(async () => {
  await rm(dir, { recursive: true });
});

describe('runSuite', () => {
  it('writes what it returns, with machine, versions, load and commit', async () => {
    const result = await runSuite(SUITE, context, dir);
    expect(await readResult(resultPath(dir, result))).toEqual(result);
    expect(result).toMatchObject({
      suite: 'example',
      versions: { node: process.versions.node, engine: '1.0' },
      protocol: { rounds: 3, isQuick: false },
      figures: [{ name: 'step', values: [3, 1, 2], summary: { median: 2, min: 1 }, isReached: true }],
      notes: ['a note'],
    });
    expect(result.machine.cores).toBeGreaterThan(0);
    expect(result.load.isQuiet).toBe(result.load.before <= 1 && result.load.after - result.machine.cores <= 1);
    expect(result.commit).toMatch(/^([0-9a-f]{40}(\+changes)?|unknown)$/);
  });

  it('warns of a loaded machine, and only then', async () => {
    const { load } = await runSuite(SUITE, context, dir);
    expect(lines.some((line) => line.includes('not to be trusted'))).toBe(!load.isQuiet);
  });

  it('prints the verdict', async () => {
    await runSuite(SUITE, context, dir);
    expect(lines.join('\n')).toMatch(/step +2\.00 ms +1\.00 ms +1\.50 ms - 2\.50 ms +3 +at most 2\.00 ms: reached/);
  });

  it('writes nothing in a quick run', async () => {
    await runSuite(SUITE, { ...context, quick: true }, dir);
    expect(await readdir(dir)).toEqual([]);
  });
});

describe('readResult', () => {
  it('refuses other files', async () => {
    await expect(readResult(join(import.meta.dirname, '..', 'package.json'))).rejects.toThrow('not a result');
    await expect(readResult(join(dir, 'missing.json'))).rejects.toThrow('does not exist');
  });
});

describe('SUITES', () => {
  it('holds the suites of the documentation', () => {
    expect(SUITES.names).toEqual([
      'step',
      'per-row',
      'select',
      'memory',
      'large-models',
      'start',
      'generate',
      'defenses',
      'selectors',
      'text-selectors',
      'large-pools',
      'scale-out',
    ]);
  });
});
