import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ModelForm, modelForms, modelPath } from '@pharmacist/test-fixtures';
import type { Engine } from '@pharmacist/tensor-kernels';
import { F32_FORWARD } from '@pharmacist/tooling/vitest/matchers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readCheckpoint, visitCheckpoint, writeCheckpoint } from '../src/checkpoint.ts';
import { readModelConfig } from '../src/config.ts';
import type { ForwardHooks } from '../src/decoder/forward.ts';
import { chosenProjections, EVERY_PROJECTION, moduleName, projectionsOf } from '../src/decoder/projections.ts';
import { expectedShapes } from '../src/decoder/weight-shapes.ts';
import { MODEL_FAMILIES } from '../src/families/registry.ts';
import { generate } from '../src/generate/generate.ts';
import { LanguageModel } from '../src/language-model.ts';
import { createAdapter } from '../src/lora.ts';
import { batchInputs, bindTensors, rowLosses, tokenMeanWeights } from '../src/loss.ts';
import { fileEngines } from './support/file-engines.ts';
import { Golden, loadAdapter, loadModel } from './support/fixture-model.ts';

/** A tiny model of each family: the last form of it, which has most on that sets it apart. */
const formOf = new Map<string, ModelForm>();
for (const form of modelForms) formOf.set((await readModelConfig(modelPath(form))).modelType, form);

it('every family of the registry has a tiny model with goldens', () => {
  expect([...formOf.keys()].sort()).toEqual([...MODEL_FAMILIES.names].sort());
});

const engineOf = fileEngines();

describe.each(MODEL_FAMILIES.names)('%s', (family) => {
  const form = formOf.get(family)!;
  let engine: Engine;
  let model: LanguageModel;
  let golden: Golden;
  beforeAll(async () => {
    engine = await engineOf('onnx');
    model = await loadModel(form, engine);
    golden = await Golden.read(form);
  });
  afterAll(() => model.dispose());

  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'families-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('is written as transformers writes it, and read back the same', async () => {
    const { config, weights } = await readCheckpoint(modelPath(form), await readModelConfig(modelPath(form)));
    await writeCheckpoint(folder, config, weights);
    const { raw, ...again } = await readModelConfig(folder);
    expect({ ...again, raw: config.raw }).toEqual(config);
    expect(raw['architectures']).toEqual(config.raw['architectures']);
    expect((await readCheckpoint(folder, await readModelConfig(folder))).weights).toEqual(weights);
  });

  it('asks of a file for the weights that transformers saves, no more and no less', async () => {
    const { config, weights } = await readCheckpoint(modelPath(form), await readModelConfig(modelPath(form)));
    expect([...weights.keys()].sort()).toEqual([...expectedShapes(config).keys()].sort());
  });

  /** Row losses with hooks, f32 [B]. */
  async function lossesWith(hooks: ForwardHooks): Promise<Float32Array> {
    const batch = golden.batch();
    const program = model.engine.compile('hooked', (inputs) => ({
      losses: rowLosses(bindTensors(model.config, inputs, 0), inputs, hooks),
    }));
    const outputs = await program.run({ ...model.inputs, ...batchInputs(batch, new Float32Array(batch.batchSize)) });
    return outputs['losses']!.data as Float32Array;
  }

  it('shows hooks every layer, and computes the same bits when they change nothing', async () => {
    const seen = { attentionOutput: new Set<number>(), mlpOutput: new Set<number>(), hidden: new Set<number>(), projection: 0 };
    const { batchSize, sequenceLength } = golden.batch();
    const width = [batchSize * sequenceLength, model.config.hiddenSize];
    const losses = await lossesWith({
      attentionOutput: (layer, output) => {
        seen.attentionOutput.add(layer);
        expect(output.shape).toEqual(width);
        return output;
      },
      mlpOutput: (layer, output) => {
        seen.mlpOutput.add(layer);
        expect(output.shape).toEqual(width);
        return output;
      },
      hidden: (index, hidden) => {
        seen.hidden.add(index);
        expect(hidden.shape).toEqual(width);
        return hidden;
      },
      projection: (_, output) => {
        seen.projection++;
        return output;
      },
    });
    const { numLayers } = model.config;
    expect([...seen.attentionOutput]).toEqual([...Array(numLayers).keys()]);
    expect([...seen.mlpOutput]).toEqual([...Array(numLayers).keys()]);
    expect([...seen.hidden]).toEqual([...Array(numLayers + 1).keys()]);
    expect(seen.projection).toBe(numLayers * projectionsOf(model.config).length);
    expect(losses).toEqual(await model.rowLosses(golden.batch()));
  });

  it('has an adapter on each of its linear maps that starts without effect, and merges with one', async () => {
    const fresh = createAdapter(model.config, { rank: 2, alpha: 4, targetModules: EVERY_PROJECTION }, 0);
    const modules = Array.from({ length: model.config.numLayers }, (_, layer) =>
      projectionsOf(model.config).map((projection) => moduleName(layer, projection)),
    ).flat();
    expect([...fresh.factors.keys()]).toEqual(modules);
    const batch = golden.batch();
    expect(await model.rowLosses(batch, fresh)).toEqual(await model.rowLosses(batch));
    const adapter = await loadAdapter(form);
    const { model: merged, dispose } = await model.merged(adapter);
    expect(await merged.rowLosses(batch)).toBeAllclose(await model.rowLosses(batch, adapter), F32_FORWARD);
    await dispose();
  });

  it('gives in sixteen bits, to the bit, what its numbers give as f32, and takes less memory', async () => {
    const { config, weights } = await readCheckpoint(modelPath(form), await readModelConfig(modelPath(form)));
    await writeCheckpoint(folder, config, weights, { dtype: 'BF16' });
    const asked = await readModelConfig(folder);
    const before = engine.usage().residentBytes;
    const { tokenizer } = model;
    const half = await LanguageModel.fromVisit({ tokenizer, engine, name: 'half' }, async (take) => visitCheckpoint(folder, asked, take));
    const halfBytes = engine.usage().residentBytes - before;
    const { weights: rounded, contentHash } = await readCheckpoint(folder, asked);
    const wide = await LanguageModel.fromWeights({ config: asked, tokenizer, engine, name: 'wide', contentHash }, rounded);
    expect(halfBytes).toBeLessThan(0.6 * (engine.usage().residentBytes - before - halfBytes));
    const adapter = await loadAdapter(form);
    const batch = golden.batch();
    const results = async (each: LanguageModel) => ({
      step: await each.gradient(batch, adapter, tokenMeanWeights(batch)),
      text: await generate(each, golden.prompts(), { maxNewTokens: 12, stopIds: [] }),
    });
    expect(await results(half)).toEqual(await results(wide));
    await half.dispose();
    await wide.dispose();
  });

  it('refuses a projection of another family', () => {
    const foreign = family === 'phi3' ? 'gate_proj' : 'qkv_proj';
    expect(() => chosenProjections(model.config, [foreign])).toThrow(`a model of the family ${family} has no ${foreign}`);
  });

  it('goes on as it would from the text so far, past its windows', async () => {
    const prompts = golden.prompts();
    const whole = await generate(model, prompts, { maxNewTokens: 40, stopIds: [] });
    const soFar = prompts.map((prompt, i) => Int32Array.from([...prompt, ...whole[i]!.ids.slice(0, 20)]));
    const rest = await generate(model, soFar, { maxNewTokens: 20, stopIds: [], batchSize: 1 });
    expect(rest.map(({ ids }) => ids)).toEqual(whole.map(({ ids }) => ids.slice(20)));
  });
});
