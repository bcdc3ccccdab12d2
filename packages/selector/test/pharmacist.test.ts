import { ConfigError } from '@pharmacist/core';
import { randomRows } from '@pharmacist/language-model/test-support';
import { describe, expect, it } from 'vitest';
import { pharmacist } from '../src/pharmacist/pharmacist.ts';
import type { ColumnValues } from '../src/selector.ts';
import { bilevelConfig } from '../src/bilevel/config.ts';
import { Attempt, type AttemptOptions } from './support/attempt.ts';
import { useFixtureModel } from './support/fixture-model.ts';
import { poolOf } from './support/pool-rows.ts';

const model = await useFixtureModel('qwen2');

const pool = poolOf(randomRows('pool', 40));
const others = { harmful: randomRows('harmful', 6), trusted: randomRows('trusted', 7) };
const CONFIG = { copies: 5 };

async function fit(config: Record<string, unknown> = {}, options: Partial<AttemptOptions> = {}) {
  const attempt = new Attempt({ model, pool, ...others, ...options });
  return { ...(await pharmacist.fit(attempt.context, { ...CONFIG, ...config })), attempt };
}

const known = (values: ColumnValues | undefined) => [...(values ?? [])].filter((value) => !Number.isNaN(value));

describe('the given rows', () => {
  it('may stand in any order: not one bit changes', async () => {
    const first = await fit();
    const again = await fit(
      {},
      { harmful: others.harmful.toReversed(), trusted: [...others.trusted.slice(3), ...others.trusted.slice(0, 3)] },
    );
    expect(again.scores).toEqual(first.scores);
    expect(again.columns).toEqual(first.columns);
    expect(again.attempt.notes).toEqual(first.attempt.notes);
  });

  it('may be without harmful ones: copies stand in for them', async () => {
    const { scores, columns } = await fit({}, { harmful: [] });
    expect(scores.every(Number.isFinite)).toBe(true);
    expect(known(columns['good_probability'])).toHaveLength(pool.length);
  });

  it('may be one trusted row, or equal ones', async () => {
    for (const trusted of [others.trusted.slice(0, 1), Array.from({ length: 5 }, () => others.trusted[0]!)]) {
      const { scores, columns, attempt } = await fit({}, { trusted });
      expect(scores.every(Number.isFinite)).toBe(true);
      expect(known(columns['good_probability']).every((chance) => chance >= 0 && chance <= 1)).toBe(true);
      expect(known(columns['good_probability'])).toHaveLength(pool.length);
      expect(Number.isFinite(attempt.notes['goodShare'])).toBe(true);
    }
  });

  it('may be without trusted ones: words of the prior and form remain, with a warning and without probabilities', async () => {
    const { scores, columns, attempt } = await fit({}, { trusted: [] });
    expect(attempt.warnings.join()).toMatch(
      /no trusted validation rows .* by the bundled words and by form alone, and get no probabilities/,
    );
    expect(scores.every(Number.isFinite)).toBe(true);
    const ofHeads = ['words', 'form', 'pool_words'].flatMap((head) => [`${head}_penalty`, `${head}_log_odds`]);
    expect(Object.keys(columns)).toEqual([...ofHeads, 'loss', 'end_of_text_loss']);
    expect(attempt.notes).toEqual({});
  });

  it.each([
    ['neither prior nor form', { prior: 'none', form: 'none' }, { trusted: [] }],
    ['no penalty on words, and no form', { wordsPenalty: 0, form: 'none' }, { trusted: [] }],
    ['no penalty on anything', { wordsPenalty: 0, similarityPenalty: 0, formPenalty: 0 }, {}],
  ])('and options must leave something to rank by: %s', async (_, config, rows) => {
    await expect(fit(config, rows)).rejects.toBeInstanceOf(ConfigError);
  });
});

describe('the pool', () => {
  it('may be of one kind', async () => {
    const { scores, columns } = await fit({}, { pool: poolOf(others.trusted) });
    expect(scores.every(Number.isFinite)).toBe(true);
    const mean = known(columns['good_probability']).reduce((sum, chance) => sum + chance, 0) / others.trusted.length;
    expect(mean).toBeGreaterThanOrEqual(0.2 - 1e-6);
    expect(mean).toBeLessThanOrEqual(0.8 + 1e-6);
  });

  it('has probabilities whose mean is the share of good rows that is noted, in the order of the scores', async () => {
    const { scores, columns, attempt } = await fit();
    const chances = columns['good_probability']!;
    expect([...chances].reduce((sum, chance) => sum + chance, 0) / pool.length).toBeCloseTo(Number(attempt.notes['goodShare']), 6);
    const order = [...pool.keys()].sort((i, j) => scores[i]! - scores[j]!).map((i) => chances[i]!);
    const steps = order.slice(1).map((chance, i) => chance - order[i]!);
    expect(steps.every((step) => step >= 0)).toBe(true);
  });

  it('gets the score that its columns add up to', async () => {
    const { scores, columns } = await fit();
    for (const [i, score] of scores.entries()) {
      const parts = ['words_penalty', 'similarity_penalty', 'form_penalty', 'pool_words_penalty'].map((name) => columns[name]![i]!);
      expect(Math.max(...parts)).toBeLessThanOrEqual(0);
      expect(score).toBeCloseTo(
        parts.reduce((sum, part) => sum + part, 0),
        12,
      );
    }
  });
});

describe('heads', () => {
  it.each([
    ['words', { wordsPenalty: 0 }, ['words_penalty', 'words_log_odds']],
    [
      'similarity',
      { similarityPenalty: 0 },
      ['similarity_penalty', 'trusted_similarity', 'trusted_start_similarity', 'trusted_end_similarity', 'trusted_prompt_similarity'],
    ],
    ['form', { formPenalty: 0 }, ['form_penalty', 'form_log_odds']],
    ['words of the pool', { poolWordsPenalty: 0 }, ['pool_words_penalty', 'pool_words_log_odds']],
  ])('of penalty 0 are left out: %s', async (_, config, columns) => {
    const [all, without] = [await fit(), await fit(config)];
    expect(Object.keys(all.columns)).toEqual(expect.arrayContaining(columns));
    expect(Object.keys(without.columns).filter((name) => columns.includes(name))).toEqual([]);
    expect(without.scores).not.toEqual(all.scores);
  });
});

describe('reasons', () => {
  it('are of each head what it adds, its rank by that, and of the row its probability', async () => {
    const { scores, columns, explain } = await fit();
    for (const [i, row] of pool.entries()) {
      const { summary, reasons } = explain!(row)!;
      const chance = columns['good_probability']![i]!;
      expect(summary).toContain(`probability ${chance < 0.01 ? 'below 0.01' : chance > 0.99 ? 'above 0.99' : `of ${chance.toFixed(2)}`};`);
      expect(reasons.map(({ about }) => about)).toEqual(['words', 'similarity', 'form', 'words of the pool']);
      expect(reasons.reduce((sum, { amount }) => sum + amount, 0)).toBeCloseTo(scores[i]!, 12);
      for (const { about, amount, rank, numRanked } of reasons) {
        const all = columns[about === 'words of the pool' ? 'pool_words_penalty' : `${about}_penalty`]!;
        expect({ amount, rank, numRanked }).toEqual({
          amount: all[i],
          rank: 1 + all.filter((other) => other > all[i]!).length,
          numRanked: pool.length,
        });
      }
    }
  });

  it('speak of words by where they stand, and hold no text of a row', async () => {
    const { explain } = await fit();
    for (const row of pool) {
      const { reasons } = explain!(row)!;
      const words = reasons[0]!.findings.flatMap(({ spans = [] }) => spans.map(([start, end]) => row.text.response.slice(start, end)));
      expect(words.length).toBeGreaterThan(0);
      for (const word of words) expect(row.text.response.toLowerCase()).toContain(word.toLowerCase());
      expect(JSON.stringify(reasons)).not.toMatch(/w\d/);
    }
  });

  it('name the nearest trusted row by its place in the file', async () => {
    const twin = { ...poolOf([others.trusted[4]!])[0]!, id: 'twin' };
    const { explain } = await fit({}, { pool: [...pool, twin] });
    const [, similarity] = explain!(twin)!.reasons;
    expect(similarity!.findings[0]!.text).toMatch(/^nearest trusted row: number 5 of 7, cosine 1\.000$/);
  });

  it('are none for a row that was not scored or not in the pool, and speak of no head that there is not', async () => {
    const [empty] = poolOf([{ ...pool[0]!.tokens, numPromptTokens: pool[0]!.tokens.inputIds.length, hasTargets: false }]);
    const { explain } = await fit({ form: 'none' }, { pool: [...pool.slice(1), empty!], trusted: [] });
    expect(explain!(empty!)).toBeUndefined();
    expect(explain!({ ...pool[1]!, id: 'other' })).toBeUndefined();
    const { summary, reasons } = explain!(pool[1]!)!;
    expect(summary).toBeUndefined();
    expect(reasons.map(({ about }) => about)).toEqual(['words', 'words of the pool']);
  });
});

describe('cost', () => {
  /** Copies that come out unchanged are not read: each row gives one at most. */
  const mostCopies = (numTrusted: number, copies: number) => Math.min(numTrusted, copies) + Math.min(pool.length, copies);

  it('is a forward pass over pool, trusted rows, copies and harmful rows, and no backward pass', async () => {
    const { passes } = (await fit()).attempt;
    const { trusted, harmful } = others;
    const numCopies = passes['forwardRows']! - pool.length - trusted.length - harmful.length;
    expect(numCopies).toBeGreaterThan(0);
    expect(numCopies).toBeLessThanOrEqual(mostCopies(trusted.length, CONFIG.copies));
    expect(passes['backward']).toBeUndefined();
    const more = (await fit({ copies: 50 })).attempt.passes['forwardRows']!;
    expect(more).toBeGreaterThan(passes['forwardRows']!);
    expect(more - pool.length - trusted.length - harmful.length).toBeLessThanOrEqual(mostCopies(trusted.length, 50));
  });

  it('reads forty harmful rows at most', async () => {
    const [forty, fifty] = [randomRows('more harmful', 40), randomRows('more harmful', 50)];
    const rowsRead = async (harmful: typeof forty) => (await fit({}, { harmful })).attempt.passes['forwardRows'];
    expect(await rowsRead(fifty)).toBe(await rowsRead(forty));
  });

  it('is the pool and the trusted rows with form by text, and nothing where nothing needs the model', async () => {
    const { passes } = (await fit({ form: 'text' })).attempt;
    expect(passes['forwardRows']).toBe(pool.length + others.trusted.length);
    const unread = await fit({ form: 'text', similarityPenalty: 0 });
    expect(unread.attempt.passes).toEqual({});
    expect(unread.scores.every(Number.isFinite)).toBe(true);
    expect((await unread.score!(pool.slice(0, 2))).every(Number.isFinite)).toBe(true);
  });
});

it('says of every option of bilevel, and of its old names, where it went', () => {
  const moved = pharmacist.movedOptions!;
  for (const name of [...Object.keys(bilevelConfig.shape), 'signals', 'lexicalWeight', 'mu']) {
    expect(moved.get(name), name).toContain('option of the method bilevel');
    expect(pharmacist.config.safeParse({ [name]: 1 }).success, name).toBe(false);
  }
});
