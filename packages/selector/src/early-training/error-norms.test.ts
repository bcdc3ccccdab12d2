import { Random } from '@pharmacist/core';
import { float32, floats, int32, linearCrossEntropy, valueAndGradients } from '@pharmacist/tensor-kernels';
import type {} from '@pharmacist/tooling/vitest/matchers';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { useEngine } from '../../test/support/use-engine.ts';
import { errorNorms } from './error-norms.ts';

const engine = await useEngine();

async function compute(hidden: Float32Array, embedding: Float32Array, targets: readonly number[], size: number) {
  const program = engine.compile('errors', ({ h, e, t }) => ({ ...errorNorms(h!, e!, t!) }));
  const outputs = await program.run({
    h: float32([targets.length, size], hidden),
    e: float32([embedding.length / size, size], embedding),
    t: int32([targets.length], targets),
  });
  return { norms: floats(outputs['norms']!), losses: floats(outputs['losses']!) };
}

function drawn(seed: string, length: number, scale = 1): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length }, () => scale * random.normal());
}

/** softmax(hidden E^T) - onehot in f64, one array a position. */
function errorsOf(hidden: Float32Array, embedding: Float32Array, targets: readonly number[], size: number): Float64Array[] {
  return targets.map((target, n) => {
    const logits = Float64Array.from({ length: embedding.length / size }, (_, v) => {
      let sum = 0;
      for (let d = 0; d < size; d++) sum += hidden[n * size + d]! * embedding[v * size + d]!;
      return sum;
    });
    const largest = Math.max(...logits);
    const powers = logits.map((logit) => Math.exp(logit - largest));
    const total = powers.reduce((sum, power) => sum + power, 0);
    return powers.map((power, v) => power / total - Number(v === target));
  });
}

const normOf = (values: ArrayLike<number>) => Math.sqrt(Array.from(values).reduce((sum, value) => sum + value ** 2, 0));

describe('the norm of a prediction error', () => {
  it.each([
    [2, 70.711],
    [10, 94.868],
    [1000, 99.95],
  ])('is sqrt(1 - 1/V) for a uniform prediction over %i tokens: %f %%', async (numTokens, expected) => {
    const { norms, losses } = await compute(new Float32Array(4), drawn('uniform', numTokens * 4), [numTokens - 1], 4);
    expect(100 * norms[0]!).toBeCloseTo(expected, 3);
    expect(norms[0]).toBeCloseTo(Math.sqrt(1 - 1 / numTokens), 6);
    expect(losses[0]).toBeCloseTo(Math.log(numTokens), 5);
  });

  it('is that of float64 over more than one chunk, within [0, sqrt 2], and comes with the loss', async () => {
    const [numTokens, size, length] = [50, 8, 1100];
    const [hidden, embedding] = [drawn('hidden', length * size, 1.5), drawn('embedding', numTokens * size)];
    const random = new Random('targets');
    const targets = Array.from({ length }, () => random.integer(numTokens));
    const { norms, losses } = await compute(hidden, embedding, targets, size);
    const errors = errorsOf(hidden, embedding, targets, size);
    expect(norms).toBeAllclose(errors.map(normOf), { rtol: 1e-5, atol: 3e-4 }); // three terms cancel near 0
    expect(losses).toBeAllclose(
      errors.map((error, n) => -Math.log(error[targets[n]!]! + 1)),
      { rtol: 1e-4, atol: 1e-5 },
    );
    expect(Math.min(...norms)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...norms)).toBeLessThanOrEqual(Math.SQRT2 + 1e-6);
    expect(Math.max(...norms)).toBeGreaterThan(1.3);
  });

  it('is the norm of the gradient of the loss by the logits, and by a linear read-out that times the norm of the features', async () => {
    const [numTokens, size] = [12, 12];
    const identity = Float32Array.from({ length: numTokens * size }, (_, i) => Number(i % (size + 1) === 0));
    const logits = drawn('logits', numTokens);
    const inputs = { h: float32([1, size], logits), e: float32([numTokens, size], identity), t: int32([1], [5]) };
    const byLogits = engine.compile('by logits', ({ h, e, t }) => {
      const { gradients } = valueAndGradients({ h: h! }, (trained) => ({ loss: tf.sum(linearCrossEntropy(trained['h']!, e!, t!)) }));
      return { gradient: gradients['h']! };
    });
    const { norms } = await compute(logits, identity, [5], size);
    expect(norms[0]).toBeCloseTo(normOf(floats((await byLogits.run(inputs))['gradient']!)), 6);

    const [features, readOut] = [drawn('features', size), drawn('read-out', numTokens * size)];
    const byReadOut = engine.compile('by read-out', ({ h, e, t }) => {
      const { gradients } = valueAndGradients({ e: e! }, (trained) => ({ loss: tf.sum(linearCrossEntropy(h!, trained['e']!, t!)) }));
      return { gradient: gradients['e']! };
    });
    const outputs = await byReadOut.run({ h: float32([1, size], features), e: float32([numTokens, size], readOut), t: int32([1], [3]) });
    const el2n = (await compute(features, readOut, [3], size)).norms[0]!;
    expect(normOf(floats(outputs['gradient']!))).toBeCloseTo(el2n * normOf(features), 4);
  });
});
