import { Random } from '@pharmacist/core';
import { describe, expect, it } from 'vitest';

// The formulas of the method on problems small enough for float64, in which numeric differentiation is exact to many digits.

type Vector = readonly number[];
interface Row {
  readonly input: Vector;
  readonly label: number;
}
/** Loss of one row and its gradient at phi. */
interface Problem {
  readonly size: number;
  loss(row: Row, phi: Vector): number;
  gradient(row: Row, phi: Vector): Vector;
}

const inner = (a: Vector, b: Vector) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
const plus = (a: Vector, b: Vector, factor: number) => a.map((value, i) => value + factor * b[i]!);
const average = (vectors: readonly Vector[]) => vectors[0]!.map((_, i) => vectors.reduce((sum, v) => sum + v[i]! / vectors.length, 0));

/** (phi . x - y)^2 / 2 */
const quadratic: Problem = {
  size: 4,
  loss: ({ input, label }, phi) => (inner(input, phi) - label) ** 2 / 2,
  gradient: ({ input, label }, phi) => input.map((x) => x * (inner(input, phi) - label)),
};

/** A net of three tanh units with logistic loss: phi holds three rows of input weights, then three output weights. */
const HIDDEN = 3;
const net: Problem = {
  size: HIDDEN * 4 + HIDDEN,
  loss: (row, phi) => Math.log(1 + Math.exp(-row.label * output(row, phi).logit)),
  gradient: (row, phi) => {
    const { units, logit } = output(row, phi);
    const slope = -row.label / (1 + Math.exp(row.label * logit));
    const inputs = units.flatMap((unit, h) => row.input.map((x) => slope * phi[HIDDEN * 4 + h]! * (1 - unit ** 2) * x));
    return [...inputs, ...units.map((unit) => slope * unit)];
  },
};

function output({ input }: Row, phi: Vector): { units: number[]; logit: number } {
  const units = Array.from({ length: HIDDEN }, (_, h) => Math.tanh(inner(input, phi.slice(4 * h, 4 * h + 4))));
  return { units, logit: inner(units, phi.slice(HIDDEN * 4)) };
}

function drawn(seed: string, count: number): Row[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => ({
    input: Array.from({ length: 4 }, () => random.normal()),
    label: random.uniform() < 0.5 ? -1 : 1,
  }));
}

function softmax(logits: Vector): number[] {
  const powers = logits.map(Math.exp);
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

describe.each([
  ['a quadratic problem', quadratic],
  ['a small net', net],
] as const)('%s', (name, problem) => {
  const random = new Random('start');
  const phi = Array.from({ length: problem.size }, () => 0.7 * random.normal());
  const [pool, validation, harmful] = [drawn('pool', 7), drawn('validation', 4), drawn('harmful', 4)];
  const logits = pool.map(() => random.normal());
  const MU = 0.3;
  const STEP_SIZE = 0.2;

  const upper = (at: Vector) =>
    validation.reduce((sum, row) => sum + problem.loss(row, at) / 4, 0) -
    MU * harmful.reduce((sum, row) => sum + problem.loss(row, at) / 4, 0);
  const upperGradient = (at: Vector) =>
    plus(average(validation.map((row) => problem.gradient(row, at))), average(harmful.map((row) => problem.gradient(row, at))), -MU);
  const stepped = (w: Vector, stepSize: number) =>
    pool.reduce<Vector>((at, row, i) => plus(at, problem.gradient(row, phi), -stepSize * softmax(w)[i]!), phi);

  /** dF/dw_j = -xi s_j (<g_j, v> - sum_i s_i <g_i, v>), v = grad F at the inner point. */
  const formula = (stepSize: number) => {
    const weights = softmax(logits);
    const v = upperGradient(stepped(logits, stepSize));
    const influences = pool.map((row) => inner(problem.gradient(row, phi), v));
    const mean = inner(weights, influences);
    return influences.map((influence, j) => -stepSize * weights[j]! * (influence - mean));
  };

  it('has the hypergradient of the one-step formula, by numeric differentiation', () => {
    const DELTA = 1e-5;
    const expected = formula(STEP_SIZE);
    const scale = Math.max(...expected.map(Math.abs));
    expect(scale).toBeGreaterThan(1e-3);
    logits.forEach((_, j) => {
      const at = (delta: number) =>
        upper(
          stepped(
            plus(
              logits,
              logits.map((__, i) => Number(i === j)),
              delta,
            ),
            STEP_SIZE,
          ),
        );
      expect(Math.abs((at(DELTA) - at(-DELTA)) / (2 * DELTA) - expected[j]!)).toBeLessThan(1e-7 * scale + 1e-10);
    });
  });

  it('has weights that sum to 1 and a hypergradient that sums to 0, and none without an inner step', () => {
    expect(softmax(logits).reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 14);
    expect(formula(STEP_SIZE).reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 14);
    expect(formula(0).every((value) => value === 0)).toBe(true);
    expect(upper(stepped(logits, 0))).toBe(
      upper(
        stepped(
          pool.map(() => 0),
          0,
        ),
      ),
    );
  });

  it('has inner products that central differences of losses give', () => {
    const v = upperGradient(phi);
    for (const epsilon of name === 'a quadratic problem' ? [1e-2, 1, 100] : [1e-2]) {
      const step = epsilon / Math.sqrt(inner(v, v));
      const errors = pool.map((row) => {
        const exact = inner(problem.gradient(row, phi), v);
        const difference = (problem.loss(row, plus(phi, v, step)) - problem.loss(row, plus(phi, v, -step))) / (2 * step);
        return [difference - exact, exact] as const;
      });
      const relative = Math.sqrt(
        errors.reduce((sum, [error]) => sum + error ** 2, 0) / errors.reduce((sum, [, exact]) => sum + exact ** 2, 0),
      );
      expect(relative, `epsilon ${epsilon}`).toBeLessThan(name === 'a quadratic problem' ? 1e-10 : 1e-3);
    }
  });
});
