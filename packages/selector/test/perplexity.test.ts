import { loadModel, randomRows } from '@pharmacist/language-model/test-support';
import type {} from '@pharmacist/tooling/vitest/matchers';
import { describe, expect, it } from 'vitest';
import { rankingOrder } from '../src/core-subset.ts';
import { meanLosses } from '../src/mean-losses.ts';
import { perplexity } from '../src/perplexity.ts';
import { Attempt } from './support/attempt.ts';
import { useFixtureModel } from './support/fixture-model.ts';
import { poolOf } from './support/pool-rows.ts';

const VOCABULARY = 96;

const model = await useFixtureModel('llama');
const { engine } = model;

const pool = poolOf(randomRows('pool', 11));
const fit = async (config: Record<string, unknown>, scorer = model) => {
  const { context } = new Attempt({ model: scorer, pool });
  return await perplexity.fit(context, config);
};

describe('perplexity', () => {
  it.each(['answer', 'prompt'])('of a uniform model is the size of the vocabulary: %s', async (of) => {
    const uniform = await loadModel('llama', engine, (name, { data }) => name === 'model.norm.weight' && data.fill(0));
    const { columns } = await fit({ of }, uniform);
    expect(columns['perplexity']).toBeAllclose(new Float64Array(11).fill(VOCABULARY), { rtol: 1e-6, atol: 0 });
    await uniform.dispose();
  });

  it('is the exponential of the mean loss', async () => {
    const { columns } = await fit({});
    const losses = await meanLosses(new Attempt({ model, pool }).context, { rows: pool.map(({ tokens }) => tokens), phase: 'losses' });
    expect(columns['loss']).toEqual(losses);
    expect(columns['perplexity']).toEqual(losses.map(Math.exp));
  });

  it('of the prompt is read from the prompt alone', async () => {
    const { columns } = await fit({ of: 'prompt' });
    const prompts = pool.map(({ tokens: { inputIds, numPromptTokens } }) => ({
      inputIds: inputIds.slice(0, numPromptTokens),
      numPromptTokens: 1,
      truncated: false,
      hasTargets: true,
    }));
    const losses = await meanLosses(new Attempt({ model, pool }).context, { rows: prompts, phase: 'prompts' });
    expect(columns['loss']).toBeAllclose(losses, { rtol: 1e-6, atol: 0 });
  });

  it.each(['lowest', 'middle', 'highest'])('puts rows last whose prompt is too short to have one: %s first', async (order) => {
    const short = [0, 1].map((numPromptTokens) => ({ ...pool[numPromptTokens]!.tokens, numPromptTokens }));
    const mixed = poolOf([...short, ...pool.slice(2).map(({ tokens }) => tokens)]);
    const { context } = new Attempt({ model, pool: mixed });
    const { scores, columns, score } = await perplexity.fit(context, { of: 'prompt', order });
    expect([...columns['perplexity']!.entries()].filter(([, value]) => Number.isNaN(value)).map(([i]) => i)).toEqual([0, 1]);
    expect(scores[1]).toBe(scores[0]);
    expect(scores[0]).toBeLessThan(Math.min(...scores.subarray(2)));
    const again = await score?.(mixed);
    if (again !== undefined) expect(again[0]).toBeLessThan(Math.min(...again.subarray(2)));
  });

  it('ranks from the lowest, from the highest, or outwards from the median', async () => {
    const { columns } = await fit({});
    const ids = pool.map(({ id }) => id);
    const ascending = ids.map((_, i) => i).sort((i, j) => columns['perplexity']![i]! - columns['perplexity']![j]!);
    const order = async (name: string) => Array.from(await rankingOrder((await fit({ order: name })).scores, ids));
    expect(await order('lowest')).toEqual(ascending);
    expect(await order('highest')).toEqual([...ascending].reverse());
    expect(await order('middle')).toEqual([5, 4, 6, 3, 7, 2, 8, 1, 9, 0, 10].map((place) => ascending[place]));
  });
});
