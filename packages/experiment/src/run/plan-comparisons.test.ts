import type { ComparisonPlan } from '@pharmacist/results';
import { describe, expect, it } from 'vitest';
import { planComparisons } from './plan-comparisons.ts';
import { parseRunConfig } from './read-config.ts';

const CONFIG = `
name: test
data: { alignment: a, harmful: b, attackHarmful: c, task: { train: d, test: e }, harmfulPrompts: f }
selection: { methods: [full, random, pharmacist, oracle], keep: [0.2, 0.43] }
alignment: { defenses: [sft] }
attack: { poisonRatios: [0.1] }
`;

const planOf = (...settings: [path: string, value: unknown][]): ComparisonPlan =>
  planComparisons(
    parseRunConfig(
      CONFIG,
      'test.yaml',
      settings.map(([path, value]) => ({ path: path.split('.'), value })),
    ),
  );

describe('the plan of comparisons', () => {
  it('puts pharmacist against every other, and the oracle against full', () => {
    expect(planOf().pairs).toEqual([
      ['pharmacist', 'full'],
      ['pharmacist', 'random'],
      ['pharmacist', 'oracle'],
      ['oracle', 'full'],
    ]);
  });

  it('takes the reference of the configuration, and repeats no pair', () => {
    const { pairs, metrics } = planOf(['comparison', { reference: 'oracle', metrics: ['marginAfter'] }]);
    expect(pairs.map(([first, second]) => `${first} ${second}`)).toEqual(['oracle full', 'oracle random', 'oracle pharmacist']);
    expect(metrics).toEqual(['marginAfter']);
    expect(planOf(['selection.methods', ['full', 'random']]).pairs).toEqual([]);
    expect(planOf(['selection.methods', ['full', 'oracle']]).pairs).toEqual([['oracle', 'full']]);
  });

  it('refuses a reference that is no method, and a metric that is none', () => {
    expect(() => planOf(['comparison', { reference: 'pharmacst' }])).toThrow('Did you mean "pharmacist"?');
    expect(() => planOf(['comparison', { metrics: ['harmfulScore'] }])).toThrow(/comparison/);
  });
});
