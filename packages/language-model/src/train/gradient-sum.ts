import * as tf from '@tensorflow/tfjs-core';
import type { LanguageModel } from '../language-model.ts';
import type { StepGradients } from './updater.ts';

/**
 * Adds the gradients of two programs of one adapter, where they are: in this thread, or in vectors of different slots with the engine (the sum
 * is then in the first one's). Both have the same tensors.
 */
export function gradientSum(
  model: Pick<LanguageModel, 'engine' | 'function'>,
): (a: StepGradients, b: StepGradients) => Promise<StepGradients> {
  const add = model.function('gradient sum', () => model.engine.compile('gradient sum', ({ a, b }) => ({ sum: tf.add(a!, b!) })));
  return async (first, second) => {
    const [a, b] = [first.residentGradients, second.residentGradients];
    if (a !== undefined && b !== undefined) {
      await add.run({ a: a.vector, b: b.vector }, { writes: { sum: { into: a.vector, axis: 0, start: 0 } } });
      return first;
    }
    const sums = [...first.gradients].map(([name, gradient]) => {
      const added = second.gradients.get(name)!;
      return [name, gradient.map((value, i) => value + added[i]!)] as const;
    });
    return { gradients: new Map(sums) };
  };
}
