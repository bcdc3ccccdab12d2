import { Random } from '@pharmacist/core';
import {
  adapterParameters,
  adapterTensors,
  type Batch,
  batchInputs,
  cloneAdapter,
  collate,
  createAdapter,
  type LanguageModel,
  type LoraAdapter,
  rowMeanWeights,
} from '@pharmacist/language-model';
import { loadModel, randomRows } from '@pharmacist/language-model/test-support';
import { float32, floats } from '@pharmacist/tensor-kernels';
import { type ModelForm, modelForms } from '@pharmacist/test-fixtures';
import type {} from '@pharmacist/tooling/vitest/matchers';
import { describe, expect, it } from 'vitest';
import { directionInput, influenceProgram } from '../src/gradients/influence-program.ts';
import { useEngine } from './support/use-engine.ts';

type Vector = ReadonlyMap<string, Float32Array>;

const rows = randomRows('influences', 5);
const DIRECTIONS = ['first', 'second'];

const engine = await useEngine();

/** An adapter as training leaves it: neither factor is zero. */
function trainedAdapter(model: LanguageModel): LoraAdapter {
  const adapter = createAdapter(model.config, { rank: 3, alpha: 6 }, 'trained');
  const random = new Random('factors');
  for (const values of adapterParameters(adapter).values()) values.forEach((value, i) => (values[i] = value + 0.1 * random.normal()));
  return adapter;
}

function unitDirection(adapter: LoraAdapter, seed: string): Vector {
  const random = new Random(seed);
  const drawn = [...adapterParameters(adapter)].map(
    ([name, { length }]) => [name, Float64Array.from({ length }, () => random.normal())] as const,
  );
  const norm = Math.sqrt(drawn.reduce((sum, [, values]) => sum + values.reduce((square, value) => square + value ** 2, 0), 0));
  return new Map(drawn.map(([name, values]) => [name, Float32Array.from(values, (value) => value / norm)]));
}

function dot(a: Vector, b: Vector): number {
  let sum = 0;
  for (const [name, values] of a) values.forEach((value, i) => (sum += value * b.get(name)![i]!));
  return sum;
}

function shifted(adapter: LoraAdapter, direction: Vector, distance: number): LoraAdapter {
  const copy = cloneAdapter(adapter);
  for (const [name, values] of adapterParameters(copy))
    values.forEach((value, i) => (values[i] = value + distance * direction.get(name)![i]!));
  return copy;
}

function batchOf(members: typeof rows, batchSize = members.length): Batch {
  return collate(members, { padId: 0, lengthBuckets: [24], batchSize });
}

async function influences(model: LanguageModel, adapter: LoraAdapter, batch: Batch, directions: readonly Vector[]) {
  const factors = adapterTensors(adapter);
  const program = engine.compile('influences', influenceProgram(model.config, adapter.scale, Object.keys(factors), DIRECTIONS));
  const parts = DIRECTIONS.flatMap((name, d) =>
    Object.entries(factors).map(
      ([factor, { shape }]) => [directionInput(name, factor), float32(shape, directions[d]!.get(factor)!)] as const,
    ),
  );
  const means = batch.rowTargetCounts.map((count) => (count > 0 ? 1 / count : 0));
  return await program.run({ ...model.inputs, ...factors, ...Object.fromEntries(parts), ...batchInputs(batch, means) });
}

describe.each<ModelForm>([...modelForms])('influences of rows, %s', (form) => {
  it('equal the gradients of one row at a time, and what they say a small step changes', async () => {
    const model = await loadModel(form, engine);
    const adapter = trainedAdapter(model);
    const directions = DIRECTIONS.map((name) => unitDirection(adapter, name));
    const batch = batchOf(rows, 6); // one empty place
    const outputs = await influences(model, adapter, batch, directions);

    // Nothing but scalars leaves the program for a row.
    expect(Object.fromEntries(Object.entries(outputs).map(([name, { shape }]) => [name, shape]))).toEqual({
      rowLosses: [6],
      squaredNorm: [6],
      dots: [6, 2],
    });
    const squares = floats(outputs['squaredNorm']!);
    const dots = floats(outputs['dots']!);
    expect([squares[5], dots[10], dots[11]]).toEqual([0, 0, 0]);

    const exact = [];
    for (const row of rows) {
      const one = batchOf([row]);
      const { gradients } = await model.gradient(one, adapter, rowMeanWeights(one));
      exact.push({ square: dot(gradients, gradients), dots: directions.map((direction) => dot(gradients, direction)) });
    }
    const flat = exact.flatMap((row) => row.dots);
    const largest = Math.max(...flat.map(Math.abs));
    expect(squares.subarray(0, 5)).toBeAllclose(
      exact.map(({ square }) => square),
      { rtol: 1e-4, atol: 0 },
    );
    expect(dots.subarray(0, 10)).toBeAllclose(flat, { rtol: 1e-4, atol: 1e-5 * largest }); // a dot product may cancel

    // <g, v> = (l(phi + e v) - l(phi - e v)) / 2e at |e v| = .01
    const STEP = 0.01;
    let [error, scale] = [0, 0];
    for (const [d, direction] of directions.entries()) {
      const plus = await model.rowLosses(batch, shifted(adapter, direction, STEP));
      const minus = await model.rowLosses(batch, shifted(adapter, direction, -STEP));
      rows.forEach((_, b) => {
        const difference = (plus[b]! - minus[b]!) / (2 * STEP) / batch.rowTargetCounts[b]!;
        error += (difference - dots[2 * b + d]!) ** 2;
        scale += dots[2 * b + d]! ** 2;
      });
    }
    expect(Math.sqrt(error / scale)).toBeLessThan(5e-3);
  });
});

describe('the one-step hypergradient', () => {
  it('is the derivative of the validation loss after one weighted step by each logit, and sums to zero', async () => {
    const model = await loadModel('llama', engine);
    const adapter = trainedAdapter(model);
    const [pool, validation] = [batchOf(rows), batchOf(randomRows('validation', 3))];
    const STEP_SIZE = 0.1;
    const logits = [0.3, -0.2, 0.5, 0, -0.4];
    const gradients: Vector[] = [];
    for (const row of rows) gradients.push((await model.gradient(batchOf([row]), adapter, rowMeanWeights(batchOf([row])))).gradients);

    const after = (weights: readonly number[]): LoraAdapter =>
      gradients.reduce((moved, gradient, i) => shifted(moved, gradient, -STEP_SIZE * weights[i]!), adapter);
    const upperLoss = async (w: readonly number[]) => {
      const losses = await model.rowLosses(validation, after(softmax(w)));
      return losses.reduce((sum, loss, b) => sum + loss / validation.rowTargetCounts[b]! / 3, 0);
    };
    const weights = softmax(logits);
    const { gradients: v } = await model.gradient(validation, after(weights), rowMeanWeights(validation));
    const outputs = await influences(model, adapter, pool, [v, v]);
    const influence = rows.map((_, i) => floats(outputs['dots']!)[2 * i]!);
    const mean = influence.reduce((sum, value, i) => sum + weights[i]! * value, 0);
    const formula = influence.map((value, i) => -STEP_SIZE * weights[i]! * (value - mean));

    const DELTA = 0.1;
    const numeric = [];
    for (const index of logits.keys()) {
      const at = async (delta: number) => await upperLoss(logits.map((logit, i) => (i === index ? logit + delta : logit)));
      numeric.push(((await at(DELTA)) - (await at(-DELTA))) / (2 * DELTA));
    }
    const scale = Math.max(...formula.map(Math.abs));
    // Central differences of f32 losses over a wide step: rounding and the third derivative leave about a hundredth.
    expect(numeric).toBeAllclose(formula, { rtol: 2e-2, atol: 2e-2 * scale });
    expect(Math.abs(numeric.reduce((sum, value) => sum + value, 0))).toBeLessThan(2e-2 * scale);
  });
});

function softmax(logits: readonly number[]): number[] {
  const powers = logits.map(Math.exp);
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}
