import { ContractError, Random, silentReporter } from '@pharmacist/core';
import type { TokenizedRow } from '@pharmacist/language-model';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineSelector } from './define-selector.ts';
import { defineFilter } from './filters/define-filter.ts';
import type { FilterVerdict } from './filters/filter.ts';
import type { FittedRanking, PoolRow, SelectionContext } from './selector.ts';

function row(id: string, hasTargets = true): PoolRow {
  const tokens: TokenizedRow = { inputIds: Int32Array.of(1, 2), numPromptTokens: hasTargets ? 1 : 2, truncated: !hasTargets, hasTargets };
  return { id, text: { prompt: id, response: 'answer' }, tokens };
}

/** Out of the order of ids; `b` has no target. */
const POOL = [row('c'), row('a'), row('b', false), row('d')];

/** A context whose model nothing here reads. */
function contextOf(signal?: AbortSignal, pool = POOL): SelectionContext {
  return {
    pool,
    harmful: [],
    trusted: [],
    random: new Random(0),
    reporter: silentReporter,
    signal,
    note: () => undefined,
  } as Partial<SelectionContext> as SelectionContext;
}

/** A method that gives this of the pool in the order of ids: a, b, c, d. */
const giving = (fitted: unknown) => defineSelector({ name: 'mine', fit: () => fitted as FittedRanking });
const fit = async (fitted: unknown, signal?: AbortSignal) => await giving(fitted).fit(contextOf(signal), {});

describe('a method of one’s own', () => {
  it('needs a name and a fit, and takes arrays of numbers', async () => {
    const method = giving({ scores: [4, 9, 2, 3], columns: { length: Float32Array.of(1, 2, 3, 4) } });
    expect(method).toMatchObject({ kind: 'selector', name: 'mine', cost: 'forward' });
    const { scores, columns } = await method.fit(contextOf(), {});
    // In the pool's own order, and the row without a target below all others whatever it was given.
    expect(scores).toEqual(Float64Array.of(2, 4, 1, 3));
    // Narrow columns stay narrow.
    expect(columns).toEqual({ length: Float32Array.of(3, 1, 2, 4) });
  });

  it('says what it has the model do, or its cost does', () => {
    const none = { name: 'mine', fit: () => ({ scores: [] }) };
    expect(defineSelector({ ...none, cost: 'text' }).work({})).toEqual([]);
    expect(defineSelector(none).work({})).toEqual([{ work: 'forward' }]);
    expect(defineSelector({ ...none, cost: 'gradients' }).work({})).toEqual([{ work: 'influences', loraRank: 8 }]);
    const config = z.strictObject({ loraRank: z.int().default(4) });
    const influences = defineSelector({ ...none, config, work: ({ loraRank }) => [{ work: 'influences', loraRank }] });
    expect(influences.work({ loraRank: 2 })).toEqual([{ work: 'influences', loraRank: 2 }]);
    const wrong = defineSelector({ ...none, work: () => [{ work: 'influences', loraRank: 0 }] });
    expect(() => wrong.work({})).toThrow('gives for work what is no list of work with a model (0.loraRank');
  });

  it('may have no score for rows without targets, and for no others', async () => {
    expect((await fit({ scores: [4, NaN, 2, 3] })).scores).toEqual(Float64Array.of(2, 4, 1, 3));
    for (const wrong of [NaN, Infinity, -Infinity]) {
      const ended = await fit({ scores: [4, 1, wrong, 3] }).catch((error: unknown) => error);
      expect(ended).toBeInstanceOf(ContractError);
      expect(ended).toMatchObject({ where: 'method mine', message: `gives row c the score ${wrong}`, details: { row: 'c' } });
    }
  });

  it.each([
    [{ scores: [1, 2, 3] }, 'gives 3 scores for 4 rows'],
    [{ scores: [1, 2, 3, 4, 5] }, 'gives 5 scores for 4 rows'],
    [{ scores: ['1', 2, 3, 4] }, 'gives "1" among its scores, which is no number'],
    [{ scores: 'none' }, 'gives "none" for its scores'],
    [{}, 'gives undefined for its scores'],
    [undefined, 'gives undefined for a ranking'],
    [{ scores: [1, 2, 3, 4], columns: { loss: [1] } }, 'gives 1 values in column loss for 4 rows'],
    [{ scores: [1, 2, 3, 4], columns: { rank: [1, 2, 3, 4] } }, 'gives a column the name "rank"'],
    [{ scores: [1, 2, 3, 4], columns: 3 }, 'gives 3 for its columns'],
  ])('is refused for %s', async (fitted, message) => {
    await expect(fit(fitted)).rejects.toMatchObject({ code: 'E_CONTRACT', where: 'method mine', message });
  });

  it('is named when it throws', async () => {
    const method = defineSelector({
      name: 'mine',
      fit: () => {
        throw new TypeError('cannot read tokens');
      },
    });
    await expect(method.fit(contextOf(), {})).rejects.toMatchObject({
      where: 'method mine',
      message: 'threw TypeError: cannot read tokens',
    });
  });

  it('is interrupted by the signal although it never looks at it', async () => {
    const controller = new AbortController();
    const method = defineSelector({
      name: 'mine',
      fit: async ({ pool }) => {
        controller.abort();
        return await Promise.resolve({ scores: pool.map(() => 1) });
      },
    });
    await expect(method.fit(contextOf(controller.signal), {})).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
  });

  it('scores unseen rows and gives reasons under the same contract', async () => {
    const scores = [1, 2, 3, 4];
    const { score } = await fit({ scores, score: async () => await Promise.resolve([NaN, 1]) });
    expect(await score!([row('x', false), row('y')])).toEqual(Float64Array.of(0, 1));
    await expect(score!([row('x'), row('y')])).rejects.toThrow('gives row x the score NaN');
    await expect(score!([row('x')])).rejects.toThrow('gives 2 scores for 1 row');
    const { explain } = await fit({ scores, explain: () => ({ reasons: [{ about: 'length', amount: NaN }] }) });
    expect(() => explain!(row('a'))).toThrow('gives row a reasons of another form');
  });

  it('takes no options unless it says which, and parses those', async () => {
    await expect(giving({ scores: [] }).fit(contextOf(undefined, []), { weight: 1 })).rejects.toThrow('weight');
    const weighted = defineSelector({
      name: 'weighted',
      config: z.strictObject({ weight: z.number().default(2) }),
      needs: ({ weight }) => (weight > 1 ? ['trusted'] : []),
      fit: ({ pool }, { weight }) => ({ scores: pool.map(() => weight) }),
    });
    expect((await weighted.fit(contextOf(undefined, [row('a')]), {})).scores).toEqual(Float64Array.of(2));
    expect([weighted.needs!({}), weighted.needs!({ weight: 0 })]).toEqual([['trusted'], []]);
  });

  it('says what it needs and costs in words that exist', () => {
    const ofCost = (cost: string) => defineSelector({ name: 'mine', cost: cost as 'none', fit: () => ({ scores: [] }) });
    expect(() => ofCost('dear')).toThrow('has the cost "dear"');
    const needy = defineSelector({ name: 'mine', needs: () => ['money' as 'trusted'], fit: () => ({ scores: [] }) });
    expect(() => needy.needs!({})).toThrow('no list of harmful, trusted, kinds');
    expect(() => needy.uses({})).toThrow('no list of harmful, trusted, kinds');
  });

  it('is told the kinds of rows only if it says that it needs or uses them, and is given the rest of each row as it is', async () => {
    const known = POOL.map((each) => ({ ...each, kind: 'good' }));
    const seen: (readonly [PoolRow, string | undefined])[] = [];
    const see = (rows: readonly PoolRow[]) => {
      for (const each of rows) seen.push([each, each.kind]);
      return { scores: rows.map(() => 1) };
    };
    const rankedBy = async (definition: object) => {
      const fitting = ({ pool }: SelectionContext) => ({
        ...see(pool),
        score: async (rows: readonly PoolRow[]) => await Promise.resolve(see(rows).scores),
        explain: (each: PoolRow) => void see([each]),
      });
      seen.length = 0;
      const { score, explain } = await defineSelector({ name: 'mine', fit: fitting, ...definition }).fit(contextOf(undefined, known), {});
      await score!(known);
      explain!(known[0]!);
      return new Set(seen.map(([, kind]) => kind));
    };
    expect(await rankedBy({})).toEqual(new Set([undefined]));
    expect(seen).toHaveLength(2 * known.length + 1);
    const [{ id, text, tokens }] = seen[0]!;
    expect(id).toBe('a');
    expect([text, tokens]).toEqual([known[1]!.text, known[1]!.tokens]);
    expect(await rankedBy({ needs: () => ['kinds'] })).toEqual(new Set(['good']));
    expect(await rankedBy({ uses: () => ['kinds'] })).toEqual(new Set(['good']));
  });

  it('uses what it needs, and what it says beside that', () => {
    const uses = (definition: object) => defineSelector({ name: 'mine', fit: () => ({ scores: [] }), ...definition }).uses({});
    expect(uses({})).toEqual([]);
    expect(uses({ needs: () => ['harmful'] })).toEqual(['harmful']);
    expect(uses({ needs: () => ['harmful'], uses: () => ['trusted', 'harmful'] })).toEqual(['harmful', 'trusted']);
  });
});

describe('a filter of one’s own', () => {
  const apply = async (verdict: unknown) =>
    await defineFilter({ name: 'mine', apply: () => verdict as FilterVerdict }).apply(
      { pool: POOL, reporter: silentReporter, signal: undefined },
      {},
    );

  it('says of each row whether it stays, as numbers or as true and false', async () => {
    expect((await apply({ stays: [1, 1, 0, 1] })).stays).toEqual(Float64Array.of(0, 1, 1, 1));
    expect((await apply({ stays: [true, true, false, true], columns: { length: [1, 2, 3, 4] } })).columns).toEqual({
      length: Float64Array.of(3, 1, 2, 4),
    });
  });

  it.each([
    [{ stays: [1, 1] }, 'gives 2 values of stays for 4 rows'],
    [{ stays: [1, 1, 0.5, 1] }, 'says 0.5 of row c'],
    [{ stays: [1, 1, NaN, 1] }, 'says NaN of row c'],
    [null, 'gives null for a verdict'],
    [{ stays: [1, 1, 1, 1], columns: { group: [1] } }, 'gives 1 values in column group for 4 rows'],
  ])('is refused for %s', async (verdict, message) => {
    await expect(apply(verdict)).rejects.toMatchObject({ code: 'E_CONTRACT', where: 'filter mine', message });
  });

  it('is not told the kinds of rows', async () => {
    const kinds = new Set<string | undefined>();
    const filter = defineFilter({
      name: 'mine',
      apply: ({ pool }) => {
        for (const { kind } of pool) kinds.add(kind);
        return { stays: pool.map(() => true) };
      },
    });
    await filter.apply({ pool: POOL.map((each) => ({ ...each, kind: 'good' })), reporter: silentReporter, signal: undefined }, {});
    expect(kinds).toEqual(new Set([undefined]));
  });

  it('says what it keeps of a row as a number of bytes, or a few numbers are taken for granted', () => {
    const keeping = (rowBytes?: () => number) =>
      defineFilter({ name: 'mine', ...(rowBytes && { rowBytes }), apply: () => ({ stays: [] }) }).rowBytes({});
    expect([keeping(), keeping(() => 12)]).toEqual([64, 12]);
    expect(() => keeping(() => NaN)).toThrow('gives NaN for rowBytes');
  });
});
