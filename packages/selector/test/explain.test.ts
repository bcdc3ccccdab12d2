import '@pharmacist/tooling/vitest/matchers';
import { randomRows } from '@pharmacist/language-model/test-support';
import { describe, expect, it } from 'vitest';
import { type Explanation, explainRanking } from '../src/explain/explain.ts';
import { nearestKept } from '../src/explain/nearest-kept.ts';
import { unitStates } from '../src/explain/unit-states.ts';
import { rowFeatures } from '../src/row-features.ts';
import type { Columns, PoolRow } from '../src/selector.ts';
import { Attempt, type AttemptOptions, Disk, Killed } from './support/attempt.ts';
import { useFixtureModel } from './support/fixture-model.ts';
import { poolOf, rowWithoutTargets } from './support/pool-rows.ts';

const model = await useFixtureModel('llama');

const rows = randomRows('pool', 30);
// Row 20 says the same as row 3, row 29 has no answer.
const pool: PoolRow[] = poolOf([...rows.slice(0, 20), rows[3]!, ...rows.slice(21, 29), rowWithoutTargets('none', 8)]);
const isKept = Uint8Array.from(pool, (_, index) => (index % 3 === 0 ? 1 : 0));

async function explain(options: Partial<AttemptOptions> = {}, columns: Columns = {}, kept = isKept) {
  const attempt = new Attempt({ model, pool, ...options });
  const ranking = { scores: new Float64Array(pool.length), columns };
  return { attempt, explanation: await explainRanking(attempt.context, ranking, { isKept: kept, isRefusal: () => true }) };
}

describe('an explanation', () => {
  it('finds for each row the nearest of the core, as all pairs compared one by one say', async () => {
    const { explanation } = await explain();
    const states = unitStates(
      await rowFeatures(new Attempt({ model, pool }).context, { rows: pool.map(({ tokens }) => tokens), phase: 'states' }),
    );
    const vectors = pool.map((_, i) => Array.from(states.vectors.subarray(i * states.size, (i + 1) * states.size)));
    for (const [i, mine] of vectors.entries()) {
      const cosines = vectors.map((other, j) =>
        i === j || isKept[j] === 0 ? -Infinity : other.reduce((sum, value, place) => sum + value * mine[place]!, 0),
      );
      const best = Math.max(...cosines.map((value) => (Number.isNaN(value) ? -Infinity : value)));
      if (i === 29) {
        expect([explanation.nearestKept[i], explanation.columns['nearest_kept_similarity']![i]]).toEqual([null, NaN]);
        continue;
      }
      expect(explanation.nearestKept[i]).toBe(pool[cosines.indexOf(best)]!.id);
      expect([explanation.columns['nearest_kept_similarity']![i]!]).toBeAllclose([best], { rtol: 1e-5, atol: 1e-6 });
    }
  });

  it('knows the copy of a kept row: its neighbour, with similarity 1, in its group and flagged', async () => {
    const { explanation } = await explain();
    const { duplicate_group: groups, nearest_kept_similarity: similarity } = explanation.columns;
    expect(explanation.nearestKept[20]).toBe('row-003');
    expect(similarity![20]).toBeCloseTo(1, 5);
    expect([groups![3], groups![20]]).toEqual([0, 0]);
    expect(groups!.filter((group) => Number.isFinite(group))).toHaveLength(2);
    expect(explanation.flags[20]).toContain('duplicate');
    expect(explanation.flags[29]).toContain('no-answer');
    // A kept row's neighbour is another row.
    expect(explanation.nearestKept.some((id, index) => id === pool[index]!.id)).toBe(false);
  });

  it('costs one forward pass, and repeats no column that the ranking has', async () => {
    const { attempt, explanation } = await explain();
    expect(attempt.passes).toEqual({ forward: 8, forwardRows: 29 });
    expect(Object.keys(explanation.columns)).toEqual(['loss', 'nearest_kept_similarity', 'duplicate_group']);
    expect(explanation.columns['loss']!.filter((loss) => loss > 0)).toHaveLength(29);
    const given = { loss: new Float64Array(30), duplicate_group: Float64Array.from({ length: 30 }, (_, i) => (i < 2 ? 7 : NaN)) };
    const again = (await explain({}, given)).explanation;
    expect(Object.keys(again.columns)).toEqual(['nearest_kept_similarity']);
    expect(again.flags.map((flags) => flags.includes('duplicate'))).toEqual(pool.map((_, i) => i < 2));
  });

  it('goes with the ids, whatever the order of the file', async () => {
    const order = pool.map((_, index) => (index * 7) % 30);
    const { explanation } = await explain();
    const permuted = (
      await explain(
        { pool: order.map((i) => pool[i]!) },
        {},
        Uint8Array.from(order, (i) => isKept[i]!),
      )
    ).explanation;
    const at = <T>(values: ArrayLike<T>) => order.map((i) => values[i]!);
    expect(permuted.nearestKept).toEqual(at(explanation.nearestKept));
    expect(permuted.flags).toEqual(at(explanation.flags));
    for (const [name, values] of Object.entries(explanation.columns)) expect(Array.from(permuted.columns[name]!), name).toEqual(at(values));
  });

  it('is the same after any kill and any stop, passes included', async () => {
    const whole = await explain();
    const outcome = (result: { attempt: Attempt; explanation: Explanation }) => [result.explanation, result.attempt.passes];
    for (const options of [{ killAfterSave: 1 }, { abortAtEvent: 2 }, { abortAtEvent: 5 }, { abortAtEvent: whole.attempt.numEvents }]) {
      const disk = new Disk();
      await explain({ disk, ...options }).catch((error: unknown) => {
        if (!(error instanceof Killed) && !String(error).includes('stopped')) throw error;
      });
      expect(outcome(await explain({ disk })), JSON.stringify(options)).toEqual(outcome(whole));
    }
  });
});

describe('nearest kept rows', () => {
  it('of a pool of equal rows are the first other ones, alike', async () => {
    const features = {
      hiddenSize: 1,
      prompt: new Float32Array(4).fill(0.3),
      answer: new Float32Array(4).fill(7),
      loss: new Float64Array(4),
    };
    const { context } = new Attempt({ model, pool });
    const { nearest, similarity } = await nearestKept(context, unitStates(features), Uint8Array.of(1, 1, 0, 0));
    expect([Array.from(nearest), Array.from(similarity)]).toEqual([
      [1, 0, 0, 0],
      [1, 1, 1, 1],
    ]);
  });

  it('do not exist where the core is the row itself', async () => {
    const features = { hiddenSize: 1, prompt: Float32Array.of(1, 2), answer: Float32Array.of(3, 1), loss: new Float64Array(2) };
    const { context } = new Attempt({ model, pool });
    const { nearest, similarity } = await nearestKept(context, unitStates(features), Uint8Array.of(1, 0));
    expect([Array.from(nearest), similarity[0]]).toEqual([[-1, 0], NaN]);
    expect(similarity[1]).toBeCloseTo(-1, 6);
  });
});
