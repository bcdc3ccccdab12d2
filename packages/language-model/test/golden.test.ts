import { type ModelForm, modelForms } from '@pharmacist/test-fixtures';
import { type Engine, float32, floats, type HostTensor, int32 } from '@pharmacist/tensor-kernels';
import { F32_FORWARD, F32_GRAD } from '@pharmacist/tooling/vitest/matchers';
import { beforeAll, describe, expect, it } from 'vitest';
import type { LoraAdapter } from '../src/adapter.ts';
import type { LanguageModel } from '../src/language-model.ts';
import { attendWithin, plainPositions } from '../src/decoder/attend.ts';
import { hiddenStates } from '../src/decoder/forward.ts';
import { finalNorm } from '../src/decoder/norm.ts';
import { outputLogits } from '../src/decoder/output.ts';
import { rotaryTables } from '../src/decoder/rotary-tables.ts';
import { expectedShapes } from '../src/decoder/weight-shapes.ts';
import { adapterTensors } from '../src/lora.ts';
import { batchInputs, bindTensors, gradientProgram, gradientsOf, tokenMeanWeights } from '../src/loss.ts';
import { fileEngines } from './support/file-engines.ts';
import { Golden, loadAdapter, loadModel } from './support/fixture-model.ts';

const PEFT_PREFIX = 'base_model.model.';

/** The eager engine is slow; forms that use every kernel between them show that both engines compute the same. */
const cases = [
  ...modelForms.map((form) => ['onnx', form] as const),
  ...(['llama', 'qwen2', 'gemma2', 'phi3', 'stablelm'] as const).map((form) => ['tfjs-cpu', form] as const),
];

const engineOf = fileEngines();

describe.each(cases)('%s, %s against transformers and PEFT in float64', (engineName, form) => {
  let engine: Engine;
  let model: LanguageModel;
  let adapter: LoraAdapter;
  let golden: Golden;

  beforeAll(async () => {
    engine = await engineOf(engineName);
    model = await loadModel(form, engine);
    adapter = await loadAdapter(form);
    golden = await Golden.read(form);
  });

  describe.each(['base', 'adapter'] as const)('%s', (kind) => {
    const used = () => (kind === 'adapter' ? adapter : undefined);

    it('has the logits at every real token', async () => {
      const got = await logits(model, golden.tensor('input_ids'), used());
      const [batchSize, length, vocabSize] = golden.tensor(`${kind}.logits`).shape as [number, number, number];
      const want = floats(golden.tensor(`${kind}.logits`));
      const isReal = golden.tensor('attention_mask').data;
      for (let i = 0; i < batchSize * length; i++) {
        if (isReal[i] === 0) continue;
        const at = (values: Float32Array) => values.subarray(i * vocabSize, (i + 1) * vocabSize);
        expect(at(got), `token ${i}`).toBeAllclose(at(want), { ...F32_FORWARD, atol: F32_FORWARD.rtol * largestOf(want) }); // a logit near 0 is a sum of large terms
      }
    });

    it('has the mean negative log-likelihood of each row and of all targets', async () => {
      const batch = golden.batch();
      const sums = await model.rowLosses(batch, used());
      expect(sums.map((sum, b) => sum / batch.rowTargetCounts[b]!)).toBeAllclose(floats(golden.tensor(`${kind}.per_row_nll`)), F32_FORWARD);
      const mean = sums.reduce((total, sum) => total + sum, 0) / batch.numTargets;
      expect([mean]).toBeAllclose(floats(golden.tensor(`${kind}.token_mean_loss`)), F32_FORWARD);
    });
  });

  it('has the gradient of the token mean by every factor', async () => {
    const batch = golden.batch();
    const { loss, gradients } = await model.gradient(batch, adapter, tokenMeanWeights(batch));
    expect([loss]).toBeAllclose(floats(golden.tensor('adapter.token_mean_loss')), F32_FORWARD);
    expectGradients(gradients, golden.withPrefix(`grad.${PEFT_PREFIX}`));
  });

  it("has each row's own gradient by every factor, from one backward pass", async () => {
    const batch = golden.batch();
    const factors = Object.fromEntries(
      Object.entries(adapterTensors(adapter)).map(([name, factor]) => [name, repeated(factor, batch.batchSize)]),
    );
    const program = engine.compile('row gradients', gradientProgram(model.config, adapter.scale, Object.keys(factors)));
    const rowMeans = batch.rowTargetCounts.map((count) => 1 / count);
    const outputs = await program.run({ ...model.inputs, ...factors, ...batchInputs(batch, rowMeans) });
    expectGradients(gradientsOf(outputs), golden.withPrefix(`per_row_grad.${PEFT_PREFIX}`));
  });

  it.runIf(hasFullGradient(form))('has the gradient by every weight, a tied one counted for both of its uses', async () => {
    const batch = golden.batch();
    const program = engine.compile('full gradient', gradientProgram(model.config, 0, [...expectedShapes(model.config).keys()]));
    const outputs = await program.run({ ...model.inputs, ...batchInputs(batch, tokenMeanWeights(batch)) });
    expectGradients(gradientsOf(outputs), golden.withPrefix('base_grad.'));
  });

  it('holds nothing once the model is disposed of', async () => {
    expect(engine.usage().residentTensors).toBe(expectedShapes(model.config).size + Object.keys(rotaryTables(model.config, 1)).length);
    await model.dispose();
    expect(engine.usage()).toMatchObject({ residentTensors: 0, residentBytes: 0 });
  });
});

function hasFullGradient(form: ModelForm): boolean {
  return form === 'llama' || form === 'qwen2';
}

/** Same names, same values; entries of up to 28 cancel into the small ones of the same tensor, so the bound follows the largest entry. */
function expectGradients(got: ReadonlyMap<string, Float32Array>, want: readonly [string, HostTensor][]): void {
  expect([...got.keys()].sort()).toEqual(want.map(([name]) => name).sort());
  for (const [name, tensor] of want) {
    expect(got.get(name)!, name).toBeAllclose(floats(tensor), {
      ...F32_GRAD,
      atol: F32_GRAD.atol * Math.max(1, largestOf(floats(tensor))),
    });
  }
}

function largestOf(values: Float32Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

/** f32 [B, T, V] of whole sequences. */
async function logits(model: LanguageModel, inputIds: HostTensor, adapter: LoraAdapter | undefined): Promise<Float32Array> {
  const [batchSize, length] = inputIds.shape as [number, number];
  const program = model.engine.compile('logits', (inputs) => {
    const tensors = bindTensors(model.config, inputs, adapter?.scale ?? 0);
    const hidden = hiddenStates(tensors, inputs['inputIds']!, plainPositions(batchSize, length), attendWithin(model.config, length));
    return { logits: outputLogits(tensors, finalNorm(tensors, hidden)) };
  });
  const ids = int32([batchSize, length], Int32Array.from(inputIds.data));
  const outputs = await program.run({ ...model.inputs, ...(adapter && adapterTensors(adapter)), inputIds: ids });
  return floats(outputs['logits']!);
}

/** A factor once for each row of a batch: f32 [B, ...]. */
function repeated(factor: HostTensor, batchSize: number): HostTensor {
  const values = floats(factor);
  const data = new Float32Array(batchSize * values.length);
  for (let b = 0; b < batchSize; b++) data.set(values, b * values.length);
  return float32([batchSize, ...factor.shape], data);
}
