import '@pharmacist/tooling/vitest/matchers';
import { readFileSync } from 'node:fs';
import { InterruptedError, Random, ShapeError } from '@pharmacist/core';
import { goldenPath } from '@pharmacist/test-fixtures';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BoostedTreesOptions, fitBoostedTrees } from './boosted-trees.ts';
import type { DecisionTree } from './decision-tree.ts';

type GoldenRow = readonly (number | null)[];
type GoldenNode = readonly [feature: number | null, threshold: number | null, missingLeft: number | null, value: number | null];

interface GoldenCase {
  readonly options: BoostedTreesOptions;
  readonly rows: readonly GoldenRow[];
  readonly labels: boolean[];
  readonly weights: readonly number[] | null;
  readonly fresh: readonly GoldenRow[];
  readonly baseline: number;
  readonly decisions: readonly number[];
  readonly freshDecisions: readonly number[];
  readonly trees: readonly (readonly GoldenNode[])[];
}

const golden = JSON.parse(readFileSync(goldenPath('selector', 'boosted-trees.json'), 'utf8')) as Record<string, GoldenCase>;
/** Half a step of 2^-40 for each of 120 trees and the baseline. */
const GRID = { rtol: 0, atol: 121 * 2 ** -41 };

function toRow(row: GoldenRow): Float64Array {
  return Float64Array.from(row, (value) => value ?? NaN);
}

function splitsOf(tree: DecisionTree) {
  return [...tree.features].map((feature, node) => (feature < 0 ? null : [feature, tree.thresholds[node]!, tree.missingLeft[node]!]));
}

/** Rows of which a tenth of the values is missing, with noisy labels of both classes. */
function drawn(seed: number, numRows: number, numFeatures: number) {
  const random = new Random(seed).split('boosting');
  const rows = Array.from({ length: numRows }, () =>
    Float64Array.from({ length: numFeatures }, () => (random.uniform() < 0.1 ? NaN : random.normal())),
  );
  const labels = rows.map((row, i) => (i < 2 ? i === 0 : (row[0]! || 0) + random.normal() > 0));
  return { rows, labels };
}

describe('fitBoostedTrees', () => {
  it.each(Object.entries(golden))('grows the trees of scikit-learn: %s', async (_, { options, rows, labels, weights, ...expected }) => {
    const rowWeights = weights === null ? undefined : Float64Array.from(weights);
    const model = await fitBoostedTrees(rows.map(toRow), labels, { ...options, rowWeights });
    expect([model.baseline]).toBeAllclose([expected.baseline], GRID);
    expected.trees.forEach((nodes, k) => {
      expect(splitsOf(model.trees[k]!)).toEqual(
        nodes.map(([feature, threshold, missingLeft]) => (feature === null ? null : [feature, threshold ?? Infinity, missingLeft])),
      );
      const leaves = nodes.flatMap(([feature, , , value], node) => (feature === null ? [{ node, value: value! }] : []));
      expect(leaves.map(({ node }) => model.trees[k]!.values[node]!)).toBeAllclose(
        leaves.map(({ value }) => value),
        GRID,
      );
    });
    expect(rows.map((row) => model.decision(toRow(row)))).toBeAllclose(expected.decisions, GRID);
    expect(expected.fresh.map((row) => model.decision(toRow(row)))).toBeAllclose(expected.freshDecisions, GRID);
  });

  const line = [1, 2, 3, 4].map((x) => Float64Array.of(x));

  it('splits as by hand: gradients of 1/2, curvatures of 1/4, a step of 1 / (1/2 + l2)', async () => {
    const options = { numTrees: 1, learningRate: 1, maxLeaves: 8, minRowsPerLeaf: 1 };
    const { baseline, trees, decision } = await fitBoostedTrees(line, [false, false, true, true], { ...options, l2: 0 });
    expect(baseline).toBe(0);
    expect(splitsOf(trees[0]!)).toEqual([[0, 2.5, 0], null, null]);
    expect([0, 2.5, 2.6, Infinity].map((x) => decision(Float64Array.of(x)))).toEqual([-2, -2, 2, 2]);
    const penalised = await fitBoostedTrees(line, [false, false, true, true], { ...options, l2: 1.5 });
    expect(penalised.decision(Float64Array.of(4))).toBe(0.5);
  });

  it('sends a value that is missing where most rows went, if training missed none, and else where it pays', async () => {
    const options = { numTrees: 1, learningRate: 1, minRowsPerLeaf: 1, l2: 0, maxLeaves: 2 };
    const labels = [false, false, false, true];
    const whole = await fitBoostedTrees(line, labels, options);
    expect(whole.decision(Float64Array.of(NaN))).toBe(whole.decision(Float64Array.of(1)));
    const missing = [...line, Float64Array.of(NaN), Float64Array.of(NaN)];
    const good = await fitBoostedTrees(missing, [...labels, true, true], options);
    expect(splitsOf(good.trees[0]!)[0]).toEqual([0, 3.5, 0]);
    const bad = await fitBoostedTrees(missing, [...labels, false, false], options);
    expect(splitsOf(bad.trees[0]!)[0]).toEqual([0, 3.5, 1]);
    const alone = await fitBoostedTrees(missing, [false, false, false, false, true, true], options);
    expect(splitsOf(alone.trees[0]!)[0]).toEqual([0, Infinity, 0]);
    expect(alone.decision(Float64Array.of(Infinity))).toBe(alone.decision(Float64Array.of(1)));
  });

  it('never uses a feature that is constant or always missing; without any other gives the baseline', async () => {
    const { rows, labels } = drawn(3, 60, 1);
    const padded = rows.map((row) => Float64Array.of(7, row[0]!, NaN));
    const { trees } = await fitBoostedTrees(padded, labels, { numTrees: 10 });
    expect(new Set(trees.flatMap((tree) => [...tree.features]))).toEqual(new Set([-1, 1]));
    const flat = await fitBoostedTrees(
      padded.map(([constant, , missing]) => Float64Array.of(constant!, missing!)),
      labels,
    );
    expect(flat.trees).toHaveLength(0);
    expect(flat.decision(Float64Array.of(1, 2))).toBe(flat.baseline);
    expect(flat.contributions(Float64Array.of(1, 2))).toEqual(Float64Array.of(0, 0));
  });

  it('has at most maxLeaves leaves, each of minRowsPerLeaf rows', async () => {
    const { rows, labels } = drawn(4, 100, 3);
    const { trees, decision } = await fitBoostedTrees(rows, labels, { numTrees: 1, maxLeaves: 5, minRowsPerLeaf: 12, l2: 0 });
    expect(trees[0]!.features.filter((feature) => feature < 0)).toHaveLength(5);
    const counts = new Map<number, number>();
    for (const row of rows) counts.set(decision(row), (counts.get(decision(row)) ?? 0) + 1);
    expect(Math.min(...counts.values())).toBeGreaterThanOrEqual(12);
  });

  it('does not see the order of rows or a monotone change, counts a weight of 2 as two rows, and explains each decision exactly', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const { rows, labels } = drawn(seed, 40, 3);
        const options = { numTrees: 15, learningRate: 0.3, minRowsPerLeaf: 1, l2: 1 };
        const fit = await fitBoostedTrees(rows, labels, options);
        const decisions = rows.map(fit.decision);
        const order = new Random(seed).permutation(rows.length);
        const permuted = await fitBoostedTrees(
          order.map((i) => rows[i]!),
          order.map((i) => labels[i]!),
          options,
        );
        expect(rows.map(permuted.decision)).toBeAllclose(decisions, { rtol: 1e-9, atol: 1e-9 });
        const stretched = rows.map((row) => row.map((value, j) => (j === 0 ? Math.exp(value) : 1000 * value - 5)));
        const changed = await fitBoostedTrees(stretched, labels, options);
        expect(stretched.map(changed.decision)).toEqual(decisions);
        for (const row of rows) {
          expect(fit.contributions(row).reduce((sum, part) => sum + part, fit.baseline)).toBe(fit.decision(row));
        }

        const rowWeights = Float64Array.from(rows, (_, i) => 1 + (i % 2));
        const weighted = await fitBoostedTrees(rows, labels, { ...options, rowWeights });
        const copies = [...rows.keys()].flatMap((i) => (i % 2 === 0 ? [i] : [i, i]));
        const repeated = await fitBoostedTrees(
          copies.map((i) => rows[i]!),
          copies.map((i) => labels[i]!),
          options,
        );
        expect(rows.map(weighted.decision)).toBeAllclose(rows.map(repeated.decision), { rtol: 1e-9, atol: 1e-9 });
      }),
      { numRuns: 25 },
    );
  });

  it('lays what moved a row to the feature that was planted', async () => {
    const { rows, labels } = drawn(5, 400, 5);
    const { contributions } = await fitBoostedTrees(rows, labels);
    const sizes = new Float64Array(5);
    for (const row of rows) contributions(row).forEach((part, j) => (sizes[j]! += Math.abs(part)));
    expect(Math.max(...sizes.subarray(1))).toBeLessThan(sizes[0]! / 2);
  });

  it('refuses one class, infinity and rows of different length, and stops when asked to', async () => {
    await expect(fitBoostedTrees([Float64Array.of(1)], [true])).rejects.toThrow('no negative row has a weight');
    await expect(fitBoostedTrees([], [])).rejects.toThrow('no positive row has a weight');
    await expect(fitBoostedTrees([Float64Array.of(1), Float64Array.of(-Infinity)], [true, false])).rejects.toThrow('row 1 has -Infinity');
    await expect(fitBoostedTrees([Float64Array.of(1), Float64Array.of(1, 2)], [true, false])).rejects.toThrow(ShapeError);
    await expect(fitBoostedTrees(line, [true, false])).rejects.toThrow(ShapeError);
    const { rows, labels } = drawn(6, 100, 3);
    const controller = new AbortController();
    const fit = fitBoostedTrees(rows, labels, { signal: controller.signal });
    controller.abort();
    await expect(fit).rejects.toThrow(InterruptedError);
  });
});
