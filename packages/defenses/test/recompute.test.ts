import { LanguageModel, MODEL_FAMILIES, readAdapter, readModelConfig } from '@pharmacist/language-model';
import { loadModel, randomRows } from '@pharmacist/language-model/test-support';
import { createEngine, type Engine, recomputingEngine } from '@pharmacist/tensor-kernels';
import { type ModelForm, modelForms, modelPath } from '@pharmacist/test-fixtures';
import { F32_GRAD } from '@pharmacist/tooling/vitest/matchers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Defense } from '../src/defense.ts';
import { DEFENSES } from '../src/registry.ts';
import { recordedContext, stepOf } from './support/defense-context.ts';
import { defenseRows } from './support/defense-rows.ts';

const formOf = new Map<string, ModelForm>();
for (const form of modelForms) formOf.set((await readModelConfig(modelPath(form))).modelType, form);

const rows = defenseRows(randomRows('alignment', 3, { length: 12 }));
const harmful = defenseRows(randomRows('alignment', 3, { length: 12, answerIds: [40, 60] }));

/** Loss and gradients of the first step of a defense. */
async function firstStep(model: LanguageModel, form: ModelForm, defense: Defense) {
  const adapter = await readAdapter(modelPath(form, 'adapter'), model.config);
  const { context } = recordedContext({ model, adapter, rows, harmful, batchSize: 3, seed: form });
  const { loss, facts, gradients } = await defense.start(context, {}).gradient(stepOf(context, 0, [0, 1, 2]));
  return { loss, facts, gradients: Object.fromEntries(gradients) };
}

/** Every family with plain training, every defense on two of them; all of the rest was compared once, and was equal. */
describe.each(['onnx', 'tfjs-cpu'] as const)('activations that are made again change no gradient, on %s', (name) => {
  let engine: Engine;
  beforeAll(async () => {
    ({ engine } = await createEngine({ name, numThreads: 1 }));
  });
  afterAll(() => engine.dispose());

  it.each(name === 'onnx' ? MODEL_FAMILIES.names : ['llama'])('%s', async (family) => {
    const form = formOf.get(family)!;
    const [kept, again] = [await loadModel(form, engine), await loadModel(form, recomputingEngine(engine))];
    for (const defense of ['llama', 'gemma2'].includes(family) ? DEFENSES : [DEFENSES.get('sft')]) {
      const expected = await firstStep(kept, form, defense);
      const found = await firstStep(again, form, defense);
      // XLA fuses what is made again in its own way; on tfjs what arrives at the MLP outputs, which RepNoise reads too, adds up in another order.
      const isExact = name === 'onnx' ? engine.name === 'onnx' : defense.name !== 'repnoise';
      if (isExact) expect(found, defense.name).toEqual(expected);
      for (const [factor, gradient] of Object.entries(expected.gradients))
        expect([...found.gradients[factor]!], `${defense.name} ${factor}`).toBeAllclose([...gradient], F32_GRAD);
    }
    await kept.dispose();
    await again.dispose();
  });
});
