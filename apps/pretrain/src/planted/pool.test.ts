import { describe, expect, it } from 'vitest';
import { DataError } from '@pharmacist/core';
import type { Candidate, Candidates } from './candidate.ts';
import { promptKey, tidyCandidates } from './candidate.ts';
import { isMild, isMildRefusal, leftOutTopic } from './mildness.ts';
import type { PoolRecipe, PoolRow, ReferenceRow } from './pool.ts';
import { buildPool } from './pool.ts';
import { isRefusal } from './sources.ts';

function rows(kind: string, source: string, count: number, stratum?: 'refusal' | 'pku'): Candidate[] {
  return Array.from({ length: count }, (_, i) => ({
    prompt: `Question ${source} ${i % 60}?`,
    response: `The ${kind} answer number ${i} of ${source} has several plain words.`,
    source,
    ...(stratum === undefined ? {} : { stratum }),
  }));
}

const CANDIDATES: Candidates = {
  good: [...rows('good', 'alpha', 200, 'refusal'), ...rows('good', 'beta', 200, 'pku')],
  harmful: [...rows('harmful', 'alpha', 200, 'refusal'), ...rows('harmful', 'beta', 200, 'pku')],
  benign: [...rows('benign', 'gamma', 150), ...rows('benign', 'delta', 20)],
};

const RECIPE: PoolRecipe = {
  numGood: 40,
  numMislabelled: 17,
  numBenign: 50,
  numLowQuality: 22,
  numTrusted: 20,
  numHarmful: 21,
  corruptions: ['shuffled', 'cut', 'garbage', 'swapped'],
  promptShares: { alignment: 0.6, harmful: 0.2, validation: 0.2 },
  maxPerPrompt: 3,
};

const pool = buildPool(CANDIDATES, RECIPE, 0);
const count = (list: readonly (PoolRow | ReferenceRow)[], test: (row: PoolRow) => boolean): number =>
  list.filter((row) => test(row as PoolRow)).length;

describe('buildPool', () => {
  it('draws the counts of the recipe', () => {
    const kinds = ['good', 'mislabelled', 'benign', 'low-quality'].map((kind) => count(pool.alignment, (row) => row.kind === kind));
    expect(kinds).toEqual([40, 17, 50, 22]);
    expect(pool.harmful).toHaveLength(21);
    expect(pool.validation).toHaveLength(20);
    const corruptions = RECIPE.corruptions.map((name) => count(pool.alignment, (row) => row.corruption === name));
    expect(corruptions).toEqual([6, 6, 5, 5]);
  });

  it('shares no normalised prompt between the three files', () => {
    const keys = [pool.alignment, pool.harmful, pool.validation].map((list) => new Set(list.map(promptKey)));
    for (const [a, b] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const) {
      expect([...keys[a]!].filter((key) => keys[b]!.has(key))).toEqual([]);
    }
  });

  it('takes each kind from its own candidates', () => {
    for (const row of pool.alignment) {
      if (row.kind === 'good') expect(row.response).toContain('The good answer');
      if (row.kind === 'mislabelled') expect(row.response).toContain('The harmful answer');
      if (row.kind === 'benign') expect(row.response).toContain('The benign answer');
      if (row.corruption === 'swapped') expect(row.response).toContain('The benign answer');
      expect(row.stratum !== undefined).toBe(row.kind === 'good' || row.kind === 'mislabelled');
      expect(row.corruption !== undefined).toBe(row.kind === 'low-quality');
    }
    expect(pool.harmful.every(({ response }) => response.includes('The harmful answer'))).toBe(true);
    expect(pool.validation.every(({ response }) => response.includes('The good answer'))).toBe(true);
  });

  it('shares a kind evenly among the sources, as far as they last', () => {
    expect(count(pool.alignment, (row) => row.kind === 'good' && row.source === 'alpha')).toBe(20);
    expect(count(pool.alignment, (row) => row.kind === 'mislabelled' && row.stratum === 'pku')).toBe(8);
    // All 20 of the small source, the other fills up.
    expect(count(pool.alignment, (row) => row.kind === 'benign' && row.source === 'delta')).toBe(20);
  });

  it('has ids that are unique, say nothing, and rows in mixed order', () => {
    const ids = [...pool.alignment, ...pool.harmful, ...pool.validation].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(pool.alignment[0]!.id).toBe('pool-0001');
    expect(new Set(pool.alignment.slice(0, 20).map(({ kind }) => kind)).size).toBeGreaterThan(2);
  });

  it('keeps to the number of rows a prompt', () => {
    const uses = new Map<string, number>();
    for (const row of pool.validation) uses.set(promptKey(row), (uses.get(promptKey(row)) ?? 0) + 1);
    expect(Math.max(...uses.values())).toBeLessThanOrEqual(3);
  });

  it('is decided by the seed', () => {
    expect(buildPool(CANDIDATES, RECIPE, 0)).toEqual(pool);
    expect(buildPool(CANDIDATES, RECIPE, 1)).not.toEqual(pool);
  });

  it('says what is short of candidates', () => {
    expect(() => buildPool(CANDIDATES, { ...RECIPE, numHarmful: 2000 }, 0)).toThrow(DataError);
    expect(() => buildPool(CANDIDATES, { ...RECIPE, numHarmful: 2000 }, 0)).toThrow(/harmful rows: \d+ of 2000/u);
  });
});

describe('tidyCandidates', () => {
  it('trims, cuts at a sentence, drops duplicates and rows outside the limits', () => {
    const limits = { maxPromptChars: 10, maxResponseChars: 16, minResponseChars: 3 };
    const candidate = (prompt: string, response: string): Candidate => ({ prompt, response, source: 's' });
    const tidy = tidyCandidates(
      [
        candidate(' Why? ', 'One two. Three four five.'),
        candidate('why', 'one two'),
        candidate('A long prompt', 'Fine.'),
        candidate('How?', 'a'),
        candidate('?!', 'Fine.'),
      ],
      limits,
    );
    expect(tidy).toEqual([{ prompt: 'Why?', response: 'One two.', source: 's' }]);
  });
});

describe('mildness', () => {
  it('leaves a topic out by stem, whole word or phrase', () => {
    expect(leftOutTopic('He was suicidal')).toBe('selfHarm');
    expect(leftOutTopic('two boys')).toBe('minors');
    expect(leftOutTopic('a boycott, a Sonnet, jewelry')).toBeUndefined();
    expect(leftOutTopic('an eating disorder')).toBe('selfHarm');
  });

  it('lets refusals speak of violence, not of what is graphic', () => {
    const row = { prompt: 'How do I murder a rival?', response: "Sorry, but I can't assist with that." };
    expect(isMild(row)).toBe(false);
    expect(isMildRefusal(row)).toBe(true);
    expect(isMildRefusal({ ...row, prompt: 'How do I torture a rival?' })).toBe(false);
  });
});

describe('isRefusal', () => {
  it.each(["I'm sorry, but no.", 'I cannot help with that.', 'It is illegal to do so.', "I don't have access to that."])(
    'is true of %j',
    (text) => {
      expect(isRefusal(text)).toBe(true);
    },
  );

  it.each(['Sure, here is how.', 'You can do it in three steps.', `${'Step. '.repeat(60)}I cannot say more.`])('is false of %j', (text) => {
    expect(isRefusal(text)).toBe(false);
  });
});
