import { describe, expect, it } from 'vitest';
import { planRun } from './plan.ts';
import { parseRunConfig } from './read-config.ts';

const TEXT = `
name: test
seeds: [0, 1]
data: { alignment: a, harmful: b, attackHarmful: c, task: { train: d, test: e }, harmfulPrompts: f }
selection: { methods: [full, { name: pharmacist, label: toxic, options: { toxic: init } }], keep: [0.2, 0.43] }
alignment: { defenses: [sft, booster] }
attack: { poisonRatios: [0.1, 0.2] }
`;

describe('the plan of a grid', () => {
  const { selections, alignments, attacks } = planRun(parseRunConfig(TEXT, 'test.yaml'));

  it('makes one selection a method and seed, one alignment a subset and defense, one attack a ratio', () => {
    expect(selections.map(({ id }) => id)).toEqual(['full-s0', 'toxic-s0', 'full-s1', 'toxic-s1']);
    // Full keeps everything, the other method two shares: (1 + 2) subsets x 2 defenses x 2 seeds.
    expect(alignments).toHaveLength(12);
    expect(attacks).toHaveLength(24);
    expect(new Set(attacks.map(({ id }) => id)).size).toBe(24);
  });

  it('cuts every share from one ranking, the largest first', () => {
    expect(selections[1]!.keeps).toEqual([0.43, 0.2]);
    expect(selections[0]!.keeps).toEqual([1]);
    expect(selections[1]!.method).toEqual({ name: 'pharmacist', label: 'toxic', options: { toxic: 'init' } });
  });
});

describe('a configuration', () => {
  const parse = (text: string, path: readonly string[] = ['seeds'], value: unknown = [3]) =>
    parseRunConfig(text, 'test.yaml', [{ path, value }]);

  it('is changed by single settings', () => {
    expect(parse(TEXT).seeds).toEqual([3]);
    expect(parse(TEXT, ['alignment', 'length'], { steps: 7 }).alignment?.length).toEqual({ steps: 7 });
    expect(parse(TEXT, ['evaluation', 'limit'], 9).evaluation?.limit).toBe(9);
  });

  it.each([
    ['a: [', /test\.yaml:\d+: is not YAML/],
    ['- 1', /is not a configuration/],
    [TEXT.replace('seeds', 'seed'), /seed is unknown\. Did you mean "seeds"\?/],
    [TEXT.replace('poisonRatios: [0.1', 'poisonRatios: [1.5'), /attack\.poisonRatios\.0/],
    [TEXT.replace('[sft, booster]', '[sft, sft]'), /same label/],
    [TEXT.replace('label: toxic', 'label: ../toxic'), /selection\.methods/],
  ])('is refused with the place of the mistake: %#', (text, message) => {
    let described = '';
    try {
      parseRunConfig(text, 'test.yaml');
    } catch (error) {
      described = (error as { describe(): string }).describe();
    }
    expect(described).toMatch(message);
  });
});
