import { NumericError } from '@pharmacist/core';
import type { TokenizedRow } from '@pharmacist/language-model';
import { randomRows } from '@pharmacist/language-model/test-support';
import type {} from '@pharmacist/tooling/vitest/matchers';
import { describe, expect, it } from 'vitest';
import { numKept, rankingOrder } from '../src/core-subset.ts';
import { SELECTORS } from '../src/registry.ts';
import type { Ranking } from '../src/selector.ts';
import { Attempt, type AttemptOptions, Disk, Killed, RememberingDisk } from './support/attempt.ts';
import { CONTRACT_CASES, DRAWS, STANDS_FOR_EQUALS, WITHOUT_DRAWS } from './support/contract-cases.ts';
import { useFixtureModel } from './support/fixture-model.ts';
import { poolOf, rowWithoutTargets } from './support/pool-rows.ts';
import { SMALL } from './support/small-config.ts';

const model = await useFixtureModel('llama');

const pool = poolOf(randomRows('pool', 18));
const others = { harmful: randomRows('harmful', 5), trusted: randomRows('trusted', 5) };

describe.each(CONTRACT_CASES)('%s', (label, name, config) => {
  const fit = async (options: Partial<AttemptOptions> = {}): Promise<{ ranking: Ranking; attempt: Attempt }> => {
    const attempt = new Attempt({ model, pool, ...others, ...options });
    return { ranking: await SELECTORS.get(name).fit(attempt.context, config), attempt };
  };
  /** One attempt from its beginning to its end for all tests that compare with it, and the disk that it left. */
  let whole: Promise<{ ranking: Ranking; attempt: Attempt; disk: RememberingDisk }> | undefined;
  const unbroken = async () => {
    const start = async () => {
      const disk = new RememberingDisk();
      return { ...(await fit({ disk })), disk };
    };
    return await (whole ??= start());
  };
  /** An attempt that finds this disk. What the disk holds decides all of it, so that of equal disks one is enough. */
  const continuations = new Map<string, Promise<{ ranking: Ranking; attempt: Attempt }>>();
  const continued = async (disk: Disk) => {
    const content = disk.digest();
    if (!continuations.has(content)) continuations.set(content, fit({ disk }));
    return await continuations.get(content)!;
  };
  /** What must not depend on how a result was reached. */
  const outcome = ({ ranking, attempt }: { ranking: Ranking; attempt: Attempt }) => ({
    scores: ranking.scores,
    columns: ranking.columns,
    passes: attempt.passes,
    notes: attempt.notes,
  });

  it('gives one finite score and one value a column to each row, the same to the bit twice', async () => {
    const first = await unbroken();
    expect(first.ranking.scores).toHaveLength(pool.length);
    expect(first.ranking.scores.every((score) => Number.isFinite(score))).toBe(true);
    for (const [column, values] of Object.entries(first.ranking.columns)) expect(values, column).toHaveLength(pool.length);
    expect(outcome(await continued(new Disk()))).toEqual(outcome(first));
    if (name !== 'full') expect(new Set(first.ranking.scores).size).toBe(pool.length);
  });

  it('says beforehand what it has the model do: gradients, and by a LoRA of which rank, where it takes some', async () => {
    const { passes } = (await unbroken()).attempt;
    const selector = SELECTORS.get(name);
    const { loraRank } = selector.config.parse(config) as { loraRank?: number };
    const work = selector.work(config);
    if ('forward' in passes) expect(work).not.toEqual([]);
    expect(work.some((each) => each.work !== 'forward')).toBe('backward' in passes);
    for (const each of work) if (each.work !== 'forward') expect(each.loraRank).toBe(loraRank);
  });

  it('does without the harmful and the trusted rows that it does not say it uses', async () => {
    const used = SELECTORS.get(name).uses(config);
    const without = { ...(!used.includes('harmful') && { harmful: [] }), ...(!used.includes('trusted') && { trusted: [] }) };
    if (Object.keys(without).length > 0) expect(outcome(await fit(without))).toEqual(outcome(await unbroken()));
  });

  it('lets scores go with the ids, whatever the order of the file', async () => {
    const order = [7, 2, 17, 0, 12, 5, 9, 1, 16, 3, 14, 11, 4, 8, 15, 6, 13, 10];
    const { ranking } = await unbroken();
    const permuted = await fit({ pool: order.map((index) => pool[index]!) });
    expect(Array.from(permuted.ranking.scores)).toEqual(order.map((index) => ranking.scores[index]));
    for (const [column, values] of Object.entries(ranking.columns))
      expect(Array.from(permuted.ranking.columns[column]!), column).toEqual(order.map((index) => values[index]));
  });

  it('does not depend on the order of the harmful and the trusted rows in their files', async () => {
    const shuffled = (rows: readonly TokenizedRow[]) => [3, 0, 4, 2, 1].map((index) => rows[index]!);
    const options = { harmful: shuffled(others.harmful), trusted: shuffled(others.trusted) };
    if (SELECTORS.get(name).uses(config).length > 0) expect(outcome(await fit(options))).toEqual(outcome(await unbroken()));
  });

  it('continues an aborted run to the bits and counts of an unbroken one', async () => {
    const expected = outcome(await unbroken());
    const { numEvents } = (await unbroken()).attempt;
    const moments = [0, 0.35, 0.65, 0.95].map((share) => 1 + Math.floor(share * numEvents));
    for (const abortAtEvent of new Set(numEvents === 0 ? [] : moments)) {
      const disk = new Disk();
      const broken = await fit({ disk, abortAtEvent }).catch((error: unknown) => error);
      if (abortAtEvent < numEvents - 1) expect(broken, `event ${abortAtEvent}`).toMatchObject({ code: 'E_INTERRUPTED' });
      expect(outcome(await continued(disk)), `aborted at event ${abortAtEvent} of ${numEvents}`).toEqual(expected);
    }
  });

  it('continues a run that was killed right after any of its saves', async () => {
    const expected = outcome(await unbroken());
    const { disk } = await unbroken();
    // A kill leaves what an unbroken run had on the disk at that moment, as one kill shows.
    const killAfterSave = Math.ceil(disk.numSaves / 2);
    if (killAfterSave > 0) {
      const left = new Disk();
      await expect(fit({ disk: left, killAfterSave })).rejects.toBeInstanceOf(Killed);
      expect(left.files).toEqual(disk.afterSave(killAfterSave).files);
    }
    for (let save = 1; save <= disk.numSaves; save++) {
      expect(outcome(await continued(disk.afterSave(save))), `killed after save ${save} of ${disk.numSaves}`).toEqual(expected);
    }
  });

  it('puts rows without an answer last, and takes answers of one token and rows of the greatest length', async () => {
    const [short, long] = [randomRows('short', 1, { length: 6 })[0]!, randomRows('long', 1, { length: 24 })[0]!];
    const extremes = [
      { ...short, numPromptTokens: 5 },
      { ...long, truncated: true },
      { ...long, numPromptTokens: 23 },
    ];
    const empty = [rowWithoutTargets('full', 24), rowWithoutTargets('full as well', 24)];
    const mixed = poolOf([empty[0]!, ...extremes, ...pool.slice(0, 8).map(({ tokens }) => tokens), empty[1]!]);
    const { ranking } = await fit({ pool: mixed });
    expect(ranking.scores.every((score) => Number.isFinite(score))).toBe(true);
    const order = await rankingOrder(
      ranking.scores,
      mixed.map(({ id }) => id),
    );
    expect(order.slice(-2)).toEqual(Int32Array.of(0, mixed.length - 1));
    expect(Math.min(...ranking.scores.slice(1, -1))).toBeGreaterThan(ranking.scores[0]!);
  });

  it('ranks a pool of one row', async () => {
    const { ranking } = await fit({ pool: pool.slice(0, 1) });
    expect(ranking.scores).toHaveLength(1);
    expect(Number.isFinite(ranking.scores[0])).toBe(true);
  });

  it('lets the seed decide what is drawn, and nothing else', async () => {
    const [first, second] = [await unbroken(), await fit({ seed: 1 })];
    const isSame = first.ranking.scores.every((score, i) => score === second.ranking.scores[i]);
    expect(isSame).toBe(WITHOUT_DRAWS.has(label) || !first.attempt.hasDrawn);
  });

  it.skipIf(DRAWS.has(label) || STANDS_FOR_EQUALS.has(name))('tells equal rows not apart', async () => {
    const equal = poolOf(Array.from({ length: 10 }, () => pool[0]!.tokens));
    const { ranking } = await fit({ pool: equal });
    expect(ranking.scores).toBeAllclose(new Float64Array(10).fill(ranking.scores[0]!), { rtol: 1e-6, atol: 1e-6 });
  });

  it.runIf(STANDS_FOR_EQUALS.has(name))('lets the first of equal rows stand for all, which cover the same alone', async () => {
    const equal = poolOf(Array.from({ length: 10 }, () => pool[0]!.tokens));
    const { ranking } = await fit({ pool: equal });
    const [gain, alone] = [ranking.columns['coverage_gain']!, ranking.columns['coverage_alone']!];
    expect(gain[0]).toBeCloseTo(1, 6);
    expect([...gain.subarray(1)].every(Number.isNaN), 'nothing is left to gain').toBe(true);
    expect(alone).toBeAllclose(new Float64Array(10).fill(1), { rtol: 1e-6, atol: 0 });
    expect(ranking.scores.subarray(1)).toBeAllclose(new Float64Array(9), { rtol: 0, atol: 1e-6 });
  });

  it('gives reasons that add up to the score, where it says that it gives some', async () => {
    const { ranking } = await unbroken();
    expect(ranking.explain !== undefined).toBe(SELECTORS.get(name).explains === true);
    for (const [i, row] of (ranking.explain === undefined ? [] : pool).entries()) {
      const { reasons } = ranking.explain!(row)!;
      expect(reasons.reduce((sum, { amount }) => sum + amount, 0)).toBeCloseTo(ranking.scores[i]!, 9);
    }
  });

  it('scores rows it never saw as it would in the pool, where it says that it can', async () => {
    const { ranking } = await unbroken();
    if (ranking.score === undefined) return;
    const again = await ranking.score(pool);
    expect(again).toBeAllclose(ranking.scores, { rtol: 1e-4, atol: 1e-5 }); // other batches, other rounding
    const [seen, unseen] = await ranking.score([pool[3]!, ...poolOf(randomRows('unseen', 1))]);
    expect([seen!]).toBeAllclose([ranking.scores[3]!], { rtol: 1e-4, atol: 1e-5 });
    expect(unseen).not.toBeCloseTo(seen!, 6);
  });
});

/** Methods that read every row with the model as it is. */
const READERS = [...SELECTORS].filter(({ name, cost }) => cost === 'forward' || name === 'bilevel').map(({ name }) => name);

describe.each(READERS)('%s', (name) => {
  it('refuses losses that are not finite, and does not pass them for rows without an answer', async () => {
    const { model: broken, dispose } = await overflowing();
    const attempt = new Attempt({ model: broken, pool, ...others });
    await expect(SELECTORS.get(name).fit(attempt.context, name === 'bilevel' ? SMALL : {})).rejects.toBeInstanceOf(NumericError);
    await dispose();
  });
});

/** A model with projections that overflow f32. */
async function overflowing() {
  const { createAdapter } = await import('@pharmacist/language-model');
  const adapter = createAdapter(model.config, { rank: 1, alpha: 1, targetModules: ['up_proj', 'down_proj'] }, 0);
  for (const { a, b } of adapter.factors.values()) {
    a.data.fill(1e18);
    b.data.fill(1e18);
  }
  return await model.merged(adapter);
}

describe('the core subset', () => {
  it('holds the rounded share of rows, at least one', () => {
    expect([1, 2, 3, 10, 99, 1000].map((numRows) => numKept(numRows, 0.25))).toEqual([1, 1, 1, 3, 25, 250]);
    expect(numKept(7, 1)).toBe(7);
    expect(numKept(5, 1e-9)).toBe(1);
  });

  it.each([0, -0.1, 1.5, NaN, Infinity])('cannot keep %f of a pool', (keep) => {
    expect(() => numKept(10, keep)).toThrow('expected a share above 0 and up to 1');
  });

  it('orders by score, and equal scores by id, whatever the order of the file', async () => {
    const ids = ['d', 'b', 'a', 'c', 'e'];
    expect(Array.from(await rankingOrder(Float64Array.of(1, 2, 1, 3, 1), ids), (index) => ids[index])).toEqual(['c', 'b', 'a', 'd', 'e']);
    expect(Array.from(await rankingOrder(new Float64Array(5), ids), (index) => ids[index])).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(await rankingOrder(Float64Array.of(-0, 0), ['b', 'a'])).toEqual(Int32Array.of(1, 0));
  });
});
