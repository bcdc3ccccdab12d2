import { modelForms } from '@pharmacist/test-fixtures';
import type { Engine } from '@pharmacist/tensor-kernels';
import { beforeAll, describe, expect, it } from 'vitest';
import { generate } from '../src/generate/generate.ts';
import { fileEngines } from './support/file-engines.ts';
import { Golden, loadAdapter, loadModel } from './support/fixture-model.ts';

const cases = [...modelForms.map((form) => ['onnx', form] as const), ['tfjs-cpu', 'qwen2'] as const];

const engineOf = fileEngines();

describe.each(cases)('%s, %s', (engineName, form) => {
  let engine: Engine;

  beforeAll(async () => {
    engine = await engineOf(engineName);
  });

  it.each(['base', 'adapter'] as const)(
    'continues prompts greedily as transformers does, %s, one by one and side by side',
    async (kind) => {
      const golden = await Golden.read(form);
      const model = await loadModel(form, engine);
      const before = engine.usage();
      const options = { maxNewTokens: 12, stopIds: [], ...(kind === 'adapter' && { adapter: await loadAdapter(form) }) };
      // With an adapter a batch and a rest of one say the same.
      for (const batchSize of kind === 'base' ? [1, 2, 8] : [2]) {
        const generations = await generate(model, golden.prompts(), { ...options, batchSize });
        expect(generations).toEqual(golden.newIds(kind).map((ids) => ({ ids, finishReason: 'length' })));
      }
      expect(engine.usage()).toMatchObject({ residentTensors: before.residentTensors, residentBytes: before.residentBytes });
      await model.dispose();
    },
  );
});
