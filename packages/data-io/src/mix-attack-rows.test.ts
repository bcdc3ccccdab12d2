import { ConfigError, DataError } from '@pharmacist/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AttackMix } from './mix-attack-rows.ts';
import { mixAttackRows, numHarmfulRows } from './mix-attack-rows.ts';
import type { IdentifiedPrompt } from './mix-overlap.ts';
import { findOverlap } from './mix-overlap.ts';
import { normalisePrompt } from './normalise-prompt.ts';

const rowsOf = (name: string, count: number): IdentifiedPrompt[] =>
  Array.from({ length: count }, (_, i) => ({ id: `${name}-${i}`, prompt: `Prompt ${i} of ${name}?` }));
const idsOf = (rows: readonly { id: string; origin: string }[], origin: string): string[] =>
  rows.filter((row) => row.origin === origin).map(({ id }) => id);

const TASK = rowsOf('task', 50);
const HARMFUL = rowsOf('bad', 30);
const mix = (changes: Partial<AttackMix<IdentifiedPrompt>> = {}) =>
  mixAttackRows({ task: TASK, harmful: HARMFUL, poisonRatio: 0.2, numSamples: 40, seed: 0, ...changes });

const ratio = fc.integer({ min: 0, max: 1000 }).map((thousandths) => thousandths / 1000);

describe('numHarmfulRows', () => {
  it.each([
    [0.1, 1000, 100],
    [0, 7, 0],
    [1, 7, 7],
    [0.15, 10, 2],
    [0.14, 10, 1],
    [0.29, 50, 15], // 14.499999999999998 in binary
    [0.145, 1000, 145],
    [0.29, 100, 29], // int(28.999999999999996) would be 28
  ])('p = %f of %i is %i', (poisonRatio, numSamples, expected) => {
    expect(numHarmfulRows(poisonRatio, numSamples)).toBe(expected);
  });

  it.each([-0.1, 1.01, Number.NaN, Number.POSITIVE_INFINITY])('rejects p = %f', (poisonRatio) => {
    expect(() => numHarmfulRows(poisonRatio, 10)).toThrow(ConfigError);
    expect(() => numHarmfulRows(poisonRatio, 10)).toThrow(`the poison ratio must be from 0 to 1, got ${poisonRatio}`);
  });

  it.each([0, -1, 2.5, Number.NaN])('rejects n = %f', (numSamples) => {
    expect(() => numHarmfulRows(0.1, numSamples)).toThrow(`must be an integer of at least 1, got ${numSamples}`);
  });
});

describe('mixAttackRows', () => {
  it('has exact counts, no row twice, and marks origins truly', () => {
    fc.assert(
      fc.property(ratio, fc.integer({ min: 1, max: 30 }), fc.integer(), (poisonRatio, numSamples, seed) => {
        const rows = mix({ poisonRatio, numSamples, seed });
        expect(rows).toHaveLength(numSamples);
        expect(idsOf(rows, 'harmful')).toHaveLength(Math.round(poisonRatio * numSamples + 1e-9));
        expect(new Set(rows.map(({ id }) => id)).size).toBe(numSamples);
        for (const { id, prompt, origin } of rows) {
          expect(origin === 'harmful' ? HARMFUL : TASK).toContainEqual({ id, prompt });
        }
      }),
    );
  });

  it('is nested in p, and shared rows keep their order', () => {
    fc.assert(
      fc.property(ratio, ratio, fc.integer(), (p, q, seed) => {
        const [fewer, more] = [Math.min(p, q), Math.max(p, q)].map((poisonRatio) => mix({ poisonRatio, seed, numSamples: 30 }));
        expect(idsOf(more!, 'harmful')).toEqual(expect.arrayContaining(idsOf(fewer!, 'harmful')));
        expect(idsOf(fewer!, 'task')).toEqual(expect.arrayContaining(idsOf(more!, 'task')));
        const sharedIn = (rows: typeof fewer, others: typeof fewer) => {
          const ids = new Set(others!.map(({ id }) => id));
          return rows!.map(({ id }) => id).filter((id) => ids.has(id));
        };
        expect(sharedIn(more, fewer)).toEqual(sharedIn(fewer, more));
      }),
    );
  });

  it('depends on the seed: what is drawn and in which order', () => {
    const ids = (seed: number) => mix({ seed }).map(({ id }) => id);
    expect(ids(1)).toEqual(ids(1));
    expect(ids(1)).not.toEqual(ids(2));
    expect(ids(1).toSorted()).not.toEqual(ids(2).toSorted());
  });

  it('spreads the harmful rows over the mix', () => {
    let numInFirstHalf = 0;
    for (let seed = 0; seed < 200; seed++) {
      numInFirstHalf += mix({ seed })
        .slice(0, 20)
        .filter(({ origin }) => origin === 'harmful').length;
    }
    // 1,600 harmful rows, half of them expected; six standard deviations of the hypergeometric counts (1.13 a mix).
    expect(Math.abs(numInFirstHalf - 800)).toBeLessThan(6 * 1.13 * Math.sqrt(200));
  });

  it('draws every row of a side equally often', () => {
    const counts = new Map(HARMFUL.map(({ id }) => [id, 0]));
    for (let seed = 0; seed < 300; seed++) for (const id of idsOf(mix({ seed }), 'harmful')) counts.set(id, counts.get(id)! + 1);
    // 8 of 30 rows in 300 mixes: 80 each expected, standard deviation 7.7.
    expect(Math.min(...counts.values())).toBeGreaterThan(80 - 5 * 7.7);
    expect(Math.max(...counts.values())).toBeLessThan(80 + 5 * 7.7);
  });

  it('says how many rows are needed and how many there are, on each short side', () => {
    expect(() => mix({ poisonRatio: 0.9, numSamples: 40 })).toThrow(DataError);
    expect(() => mix({ poisonRatio: 0.9, numSamples: 40 })).toThrow(
      '40 samples at poison ratio 0.9: 36 harmful rows are needed, there are 30',
    );
    expect(() => mix({ poisonRatio: 0.4, numSamples: 100 })).toThrow(
      '100 samples at poison ratio 0.4: 40 harmful rows are needed, there are 30; 60 task rows are needed, there are 50',
    );
    expect(mix({ poisonRatio: 0, numSamples: 50, harmful: [] })).toHaveLength(50);
  });
});

describe('overlap with the alignment rows', () => {
  const sameId = { id: 'task-3', prompt: 'Something else' };
  const samePrompt = { id: 'pool-1', prompt: '  PROMPT 4  of bad' };

  it('is an error that counts and names the rows', () => {
    const excluded = [sameId, samePrompt];
    expect(() => mix({ excluded })).toThrow(DataError);
    expect(() => mix({ excluded })).toThrow(
      '2 of the attack\'s rows are among the alignment rows: "bad-4" has the prompt of alignment row "pool-1"; "task-3" has an id that is also in the alignment rows',
    );
    expect(() => mix({ excluded: TASK })).toThrow(/^50 of the attack's rows are .*"task-2" has an id [^;]*; and 47 more$/u);
  });

  it('names file and line where the row knows them', () => {
    const task = TASK.map((row, i) => ({ ...row, position: { source: 'task.jsonl', line: i + 1 } }));
    expect(() => mix({ task, excluded: [sameId] })).toThrow('"task-3" (task.jsonl:4) has an id');
  });

  it('is found whatever the seed draws, and only on sides that are drawn from', () => {
    for (let seed = 0; seed < 20; seed++) expect(() => mix({ seed, excluded: [samePrompt], numSamples: 10 })).toThrow(DataError);
    expect(mix({ excluded: [samePrompt], poisonRatio: 0 })).toHaveLength(40);
  });

  it('may be allowed by an option that the error names, and then changes nothing', () => {
    expect(() => mix({ excluded: [sameId] })).toThrow(
      expect.objectContaining({
        hint: 'take these rows out of one side, or allow the overlap: --allow-overlap, in a configuration `data.allowOverlap: true`',
      }),
    );
    expect(mix({ excluded: [sameId, samePrompt], allowOverlap: true })).toEqual(mix());
  });

  it('never passes the check: what is drawn shares neither id nor normalised prompt', () => {
    const prompts = fc.array(fc.constantFrom('a', 'A!', 'b', ' b ', 'c?', 'd', 'e'), { minLength: 4, maxLength: 12 });
    fc.assert(
      fc.property(prompts, prompts, fc.integer(), (left, right, seed) => {
        const task = left.map((prompt, i) => ({ id: `t${i}`, prompt }));
        const excluded = right.map((prompt, i) => ({ id: `x${i}`, prompt }));
        const keys = new Set(right.map(normalisePrompt));
        const isDisjoint = left.every((prompt) => !keys.has(normalisePrompt(prompt)));
        const draw = () => mixAttackRows({ task, harmful: [], poisonRatio: 0, numSamples: 4, seed, excluded });
        if (isDisjoint) expect(draw()).toHaveLength(4);
        else expect(draw).toThrow(DataError);
      }),
    );
  });
});

it('findOverlap gives every row once, an equal id before an equal prompt', () => {
  const rows = [
    { id: '1', prompt: 'a' },
    { id: '2', prompt: 'B.' },
    { id: '3', prompt: 'c' },
  ];
  const others = [
    { id: '9', prompt: 'b' },
    { id: '8', prompt: 'B' },
    { id: '1', prompt: 'a' },
  ];
  expect(findOverlap(rows, others)).toEqual([
    { row: rows[0], other: others[2], by: 'id' },
    { row: rows[1], other: others[0], by: 'prompt' },
  ]);
});
