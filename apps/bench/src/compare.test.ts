import { describe, expect, it } from 'vitest';
import { compareResults, formatComparison } from './compare.ts';
import { figure } from './figure.ts';
import type { BenchResult } from './result.ts';

const MACHINE = { cpuModel: 'A', cores: 2, memoryBytes: 8e9, platform: 'linux', node: '20.20.0' };

function result(fields: Partial<BenchResult>): BenchResult {
  return {
    formatVersion: 1,
    suite: 'step',
    startedAt: '2026-01-01T00:00:00Z',
    finishedAt: '2026-01-01T00:01:00Z',
    commit: 'c',
    machine: MACHINE,
    versions: { 'onnxruntime-node': '1.30.0' },
    load: { before: 0.2, after: 1.9, isQuiet: true },
    protocol: {},
    figures: [],
    notes: [],
    ...fields,
  };
}

describe('compareResults', () => {
  it('calls a change better or worse by the direction of the figure, and only where the quartiles part', () => {
    const before = result({
      figures: [
        figure('step', 'ms', [10, 11, 12]),
        figure('speed', 'tokens/s', [10, 11, 12]),
        figure('noisy', 'ms', [10, 20, 30]),
        figure('ratio', 'ratio', [1, 1, 1]),
      ],
    });
    const after = result({
      figures: [
        figure('step', 'ms', [20, 21, 22]),
        figure('speed', 'tokens/s', [20, 22, 23]),
        figure('noisy', 'ms', [15, 25, 35]),
        figure('ratio', 'ratio', [2, 2, 2]),
      ],
    });
    const { changes } = compareResults(before, after);
    expect(changes.map(({ name, verdict }) => [name, verdict])).toEqual([
      ['step', 'worse'],
      ['speed', 'better'],
      ['noisy', 'same'],
      ['ratio', 'same'],
    ]);
    expect(changes[1]!.ratio).toBe(2);
  });

  it('names figures that one of the two lacks, or has in another unit', () => {
    const before = result({ figures: [figure('a', 'ms', [1]), figure('b', 'ms', [1])] });
    const after = result({ figures: [figure('b', 's', [1]), figure('c', 'ms', [1])] });
    expect(compareResults(before, after)).toMatchObject({ changes: [], unmatched: ['a', 'b', 'c'] });
  });

  it('warns where machine, versions or load make the two hard to compare', () => {
    const after = result({
      machine: { ...MACHINE, cpuModel: 'B' },
      load: { before: 3.14, after: 5, isQuiet: false },
      versions: { 'onnxruntime-node': '1.31.0' },
    });
    expect(compareResults(result({}), after).warnings).toEqual([
      'cpuModel differs: A and B',
      'the second was measured at a load of 3.14 to 5.00',
      'onnxruntime-node differs: 1.30.0 and 1.31.0',
    ]);
  });

  it('refuses results of two suites', () => {
    expect(() => compareResults(result({}), result({ suite: 'start' }))).toThrow('suites step and start');
  });

  it('prints one aligned line a figure', () => {
    const before = result({ figures: [figure('step', 'ms', [10, 10])] });
    const after = result({ figures: [figure('step', 'ms', [5, 5])] });
    expect(formatComparison(compareResults(before, after)).split('\n')).toEqual([
      'figure   before    after  ratio  verdict',
      '------  -------  -------  -----  -------',
      'step    10.0 ms  5.00 ms  0.500  better',
    ]);
  });
});
