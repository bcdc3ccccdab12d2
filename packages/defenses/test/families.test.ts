import { adapterTensors, MODEL_FAMILIES, readAdapter, readModelConfig } from '@pharmacist/language-model';
import { loadModel, randomRows } from '@pharmacist/language-model/test-support';
import { createEngine, type Engine } from '@pharmacist/tensor-kernels';
import { type ModelForm, modelForms, modelPath } from '@pharmacist/test-fixtures';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFENSES } from '../src/registry.ts';
import { recordedContext, stepOf } from './support/defense-context.ts';
import { defenseRows } from './support/defense-rows.ts';

/** A tiny model of each family, with an adapter that PEFT made. */
const formOf = new Map<string, ModelForm>();
for (const form of modelForms) formOf.set((await readModelConfig(modelPath(form))).modelType, form);

/** Pairs of one prompt, so that RepNoise finds them. */
const rows = defenseRows(randomRows('alignment', 4, { length: 20 }));
const harmful = defenseRows(randomRows('alignment', 4, { length: 20, answerIds: [40, 60] }));

describe('every defense works on every family without knowing it', () => {
  let engine: Engine;
  beforeAll(async () => {
    ({ engine } = await createEngine({ name: 'onnx', numThreads: 1 }));
  });
  afterAll(() => engine.dispose());

  it.each(MODEL_FAMILIES.names)('%s', async (family) => {
    const form = formOf.get(family)!;
    const model = await loadModel(form, engine);
    const adapter = await readAdapter(modelPath(form, 'adapter'), model.config);
    const factors = Object.keys(adapterTensors(adapter)).sort();
    for (const defense of DEFENSES) {
      const { context } = recordedContext({ model, adapter, rows, harmful, batchSize: 4, seed: family });
      const { loss, gradients } = await defense.start(context, {}).gradient(stepOf(context, 0, [0, 1, 2, 3]));
      expect(Number.isFinite(loss), defense.name).toBe(true);
      let size = 0;
      for (const [name, gradient] of gradients) {
        expect(gradient.every(Number.isFinite), `${defense.name} ${name}`).toBe(true);
        size += gradient.reduce((sum, value) => sum + Math.abs(value), 0);
      }
      expect(size, defense.name).toBeGreaterThan(0);
      // T-Vaccine trains some layers, all others every factor.
      const names = [...gradients.keys()].sort();
      if (defense.name === 't-vaccine') expect(factors).toEqual(expect.arrayContaining(names));
      else expect(names).toEqual(factors);
    }
    await model.dispose();
  });
});
