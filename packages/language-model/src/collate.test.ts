import { ShapeError } from '@pharmacist/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collate, lengthBucketsFor, planBatches } from './collate.ts';
import type { TokenizedRow } from './tokenize-row.ts';

const row = (ids: number[], numPromptTokens: number): TokenizedRow => ({
  inputIds: Int32Array.from(ids),
  numPromptTokens,
  truncated: false,
  hasTargets: ids.length > Math.max(1, numPromptTokens),
});

describe('collate', () => {
  it('by hand: two rows and an empty one', () => {
    const batch = collate([row([1, 5, 6, 2], 2), row([1, 7, 2], 1)], { padId: 9, lengthBuckets: [4, 8], batchSize: 3 });
    expect(batch).toEqual({
      batchSize: 3,
      sequenceLength: 4,
      inputIds: Int32Array.of(1, 5, 6, 2, 1, 7, 2, 9, 9, 9, 9, 9),
      targetPositions: Int32Array.of(1, 2, 4, 5, 0, 0),
      targetIds: Int32Array.of(6, 2, 7, 2, 0, 0),
      targetWeights: Float32Array.of(1, 1, 1, 1, 0, 0),
      targetRows: Int32Array.of(0, 0, 1, 1, 0, 0),
      rowTargetCounts: Float32Array.of(2, 2, 0),
      numRows: 2,
      numTargets: 4,
    });
  });

  it('a text without a prompt is not predicted from nothing', () => {
    expect(collate([row([4, 5], 0)], { padId: 0, lengthBuckets: [2], batchSize: 1 })).toMatchObject({
      targetPositions: Int32Array.of(0),
      targetIds: Int32Array.of(5),
    });
  });

  it('a row without targets counts none', () => {
    const batch = collate([row([1, 2], 2)], { padId: 0, lengthBuckets: [32], batchSize: 1 });
    expect(batch).toMatchObject({ numTargets: 0, targetWeights: new Float32Array(4), rowTargetCounts: Float32Array.of(0) });
  });

  it('every target is a real next token of its own row, and all of them are there', () => {
    const rows = fc.array(
      fc
        .array(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 40 })
        .chain((ids) => fc.nat({ max: ids.length }).map((numPromptTokens) => row(ids, numPromptTokens))),
      { minLength: 1, maxLength: 6 },
    );
    fc.assert(
      fc.property(rows, (batchRows) => {
        const batch = collate(batchRows, { padId: 0, lengthBuckets: lengthBucketsFor(40), batchSize: 6 });
        const { sequenceLength: length } = batch;
        const longest = Math.max(...batchRows.map(({ inputIds }) => inputIds.length));
        expect(length).toBe(longest <= 32 ? 32 : 40);
        const expected = batchRows.flatMap(({ inputIds, numPromptTokens }, b) =>
          Array.from(inputIds, (id, t) => [b * length + t - 1, id, b, t >= Math.max(1, numPromptTokens)] as const).filter(
            ([, , , is]) => is,
          ),
        );
        const got = Array.from(batch.targetPositions, (position, k) => [position, batch.targetIds[k], batch.targetRows[k], true]);
        expect(got.slice(0, batch.numTargets)).toEqual(expected);
        expect(got.slice(batch.numTargets).every(([position, id, b]) => position === 0 && id === 0 && b === 0)).toBe(true);
        expect(batch.targetWeights.reduce((sum, weight) => sum + weight, 0)).toBe(batch.numTargets);
        expect(batch.rowTargetCounts.reduce((sum, count) => sum + count, 0)).toBe(batch.numTargets);
        expect([8, 4, 2, 1].map((divisor) => Math.ceil((6 * length) / divisor))).toContain(batch.targetIds.length);
      }),
    );
  });

  it('refuses what does not fit', () => {
    const options = { padId: 0, lengthBuckets: [2], batchSize: 1 };
    expect(() => collate([], options)).toThrow(ShapeError);
    expect(() => collate([row([1], 0), row([1], 0)], options)).toThrow('2 rows in a batch of 1');
    expect(() => collate([row([1, 2, 3], 0)], options)).toThrow('3 tokens exceed the largest bucket of [2]');
  });
});

describe('buckets', () => {
  it('end at the limit', () => {
    expect(lengthBucketsFor(200)).toEqual([32, 48, 64, 96, 128, 192, 200]);
    expect(lengthBucketsFor(32)).toEqual([32]);
    expect(lengthBucketsFor(20)).toEqual([20]);
  });
});

describe('planBatches', () => {
  const lengths = [5, 9, 5, 1, 7];

  it('holds each row once and repeats itself for one seed and epoch', () => {
    const plan = planBatches(lengths, { batchSize: 2, seed: 3, epoch: 0 });
    expect(plan.map((batch) => batch.length)).toEqual([2, 2, 1]);
    expect(plan.flat().sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4]);
    expect(planBatches(lengths, { batchSize: 2, seed: 3, epoch: 0 })).toEqual(plan);
  });

  it('differs between epochs and seeds', () => {
    const many = Array.from({ length: 50 }, () => 1);
    const orders = [[0, 0], [0, 1], [1, 0]].map(([seed, epoch]) => planBatches(many, { batchSize: 8, seed: seed!, epoch: epoch! }).flat().join()); // prettier-ignore
    expect(new Set(orders).size).toBe(3);
  });

  it('groups by length, longest first, ties in order', () => {
    expect(planBatches(lengths, { batchSize: 2, seed: 0, epoch: 0, groupByLength: true })).toEqual([[1, 4], [0, 2], [3]]);
  });
});
