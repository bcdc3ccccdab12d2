import { describe, expect, it } from 'vitest';
import { planRun } from './plan.ts';
import { parseRunConfig } from './read-config.ts';

const TEXT = `
name: test
seeds: [0, 1]
data: { alignment: a, harmful: b, attackHarmful: c, task: { train: d, test: e }, harmfulPrompts: f }
selection: { methods: [full, { name: bilevel, label: toxic, options: { toxic: init } }], keep: [0.2, 0.43] }
alignment: { defenses: [sft, booster] }
attack: { poisonRatios: [0.1, 0.2] }
`;

/** The same with a pool of these settings. */
const withPool = (settings: string) =>
  TEXT.replace('alignment: a', `alignment: a, pools: [{ label: x, size: 9, shares: { benign: 0.5 }, ${settings} }]`);

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
    expect(selections[1]!.method).toEqual({ name: 'bilevel', label: 'toxic', options: { toxic: 'init' } });
  });
});

describe('the plan of pools', () => {
  const pools = '{ label: a, size: 10, shares: { benign: 0.2 } }, { label: b, size: 10, shares: { good: rest, benign: 0.5 }, seed: 5 }';
  const withPools = TEXT.replace('alignment: a', `alignment: a, pools: [${pools}]`);

  it('draws a pool for every seed, or once, and makes it a dimension of the grid', () => {
    const plan = planRun(parseRunConfig(withPools, 'test.yaml'));
    expect(plan.pools.map(({ file }) => file)).toEqual(['pools/a-s0.jsonl', 'pools/a-s1.jsonl', 'pools/b-s5.jsonl']);
    expect(plan.selections.map(({ id, pool }) => `${id} ${pool!.file}`)).toEqual([
      ...['a/full-s0', 'a/toxic-s0'].map((id) => `${id} pools/a-s0.jsonl`),
      ...['b/full-s0', 'b/toxic-s0'].map((id) => `${id} pools/b-s5.jsonl`),
      ...['a/full-s1', 'a/toxic-s1'].map((id) => `${id} pools/a-s1.jsonl`),
      ...['b/full-s1', 'b/toxic-s1'].map((id) => `${id} pools/b-s5.jsonl`),
    ]);
    expect(plan.attacks).toHaveLength(2 * 24);
    expect(new Set(plan.attacks.map(({ id }) => id)).size).toBe(2 * 24);
  });

  it('ends with the selections where nothing is aligned', () => {
    const text = `name: test\ndata: { alignment: a, pools: [${pools}] }\nselection: { methods: [random], keep: [0.4] }`;
    const config = parseRunConfig(text, 'test.yaml');
    expect(config.evaluation).toBeUndefined();
    const { selections, alignments, attacks } = planRun(config);
    expect([selections.length, alignments.length, attacks.length]).toEqual([2, 0, 0]);
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

  it('has the size of a new adapter where the attack makes one, and none where it trains the aligned one further', () => {
    expect(parse(TEXT).attack?.lora).toMatchObject({ rank: 8, alpha: 4 });
    expect(parse(TEXT, ['attack', 'lora'], { rank: 2 }).attack?.lora).toMatchObject({ rank: 2, alpha: 4 });
    expect(parse(TEXT, ['attack', 'loraMode'], 'single').attack).not.toHaveProperty('lora');
  });

  it.each([
    ['a: [', /test\.yaml:\d+: is not YAML/],
    ['- 1', /is not a configuration/],
    [TEXT.replace('seeds', 'seed'), /seed is unknown\. Did you mean "seeds"\?/],
    [TEXT.replace('poisonRatios: [0.1', 'poisonRatios: [1.5'), /attack\.poisonRatios\.0/],
    [TEXT.replace('[sft, booster]', '[sft, sft]'), /same label/],
    [TEXT.replace('label: toxic', 'label: ../toxic'), /selection\.methods/],
    [TEXT.replace(/\nattack: .*/, ''), /attack: is missing; .* go together/],
    [
      TEXT.replace('attack: {', 'attack: { loraMode: single, lora: { rank: 2 },'),
      /attack\.lora: `loraMode: single` trains the aligned adapter/,
    ],
    [TEXT.replace('harmfulPrompts: f', ''), /data\.harmfulPrompts: is missing/],
    [TEXT.replace('harmful: b, ', ''), /data\.harmful: is missing/],
    [TEXT.replace(/\n(alignment|attack): .*/g, '').replace(/attackHarmful.*f/, 'pairs: f'), /alignment: is missing/],
    [
      TEXT.replace('alignment: a', 'alignment: a, pools: [{ label: x, size: 9, shares: { good: 0.5 } }]'),
      /data\.pools\.0\.shares: good rows/,
    ],
    [withPool('trusted: 3'), /data\.pools\.0\.harmful: trusted and harmful rows are drawn together/],
    [withPool('goodFrom: each'), /data\.pools\.0\.goodFrom: keeps the sources .* say how many/],
    [withPool('goodFrom: some, trusted: 3, harmful: 2'), /data\.pools\.0\.goodFrom: expected "each", or a list of sources/],
    [withPool('spoil: [cut-words, mangled]'), /data\.pools\.0\.spoil: expected true, or a list of corruptions: shuffled, cut, .*, spliced/],
    [withPool('spoil: [cut-words]'), /data\.pools\.0\.shares: "spoil" makes the low-quality rows/],
    [
      'name: test\ndata: { alignment: a, harmful: b, validation: c, pools: [{ label: x, size: 9, shares: { benign: 0.5 }, trusted: 3, harmful: 2 }] }\n' +
        'selection: { methods: [random], keep: [0.4] }',
      /data\.validation: would not be read: every pool draws rows of its own[^]*data\.harmful: would not be read/,
    ],
    [
      TEXT.replace('alignment: a', 'alignment: a, pools: [{ label: x, size: 9, shares: { benign: 2 } }]'),
      /data\.pools\.0\.shares\.benign: expected a share/,
    ],
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
