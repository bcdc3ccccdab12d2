import { LanguageModel } from '@pharmacist/language-model';
import { createEngine, type Engine } from '@pharmacist/tensor-kernels';
import { modelPath } from '@pharmacist/test-fixtures';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pharmacist } from '../src/pharmacist/pharmacist.ts';
import { Attempt } from './support/attempt.ts';
import { readDemoPool } from './support/demo-pool.ts';

/**
 * AUROC of good rows against each planted kind: the worse of the two seeds of the recipe's trials of this method (a + b + c, three rounds),
 * less .05.
 */
const FLOORS = { mislabelled: 0.77, benign: 0.76, 'low-quality': 0.91, all: 0.81 } as const;

let engine: Engine;

beforeAll(async () => {
  ({ engine } = await createEngine({ name: 'onnx' }));
});

afterAll(async () => {
  await engine.dispose();
});

it('ranks the planted rows of the demo as the trials of the method did', async () => {
  const model = await LanguageModel.load(modelPath('tiny'), engine);
  const demo = await readDemoPool(model);
  const { context } = new Attempt({ model, ...demo, batchSize: 16 });
  const { auroc, meanRank } = demo.figures((await pharmacist.fit(context, {})).scores);
  const missed = Object.entries(FLOORS).filter(([kind, floor]) => !(auroc[kind]! >= floor));
  expect(missed, `measured ${JSON.stringify({ auroc, meanRank })}`).toEqual([]);
  expect(meanRank['good']).toBeLessThan(meanRank['benign']!);
  expect(meanRank['benign']).toBeLessThan(meanRank['mislabelled']!);
});
