import { ConfigError, DataError, InterruptedError, NumericError, type ProgressEvent, silentReporter } from '@pharmacist/core';
import { createEngine, type Engine, floats } from '@pharmacist/tensor-kernels';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { LoraAdapter } from '../src/adapter.ts';
import { generate, type GenerateOptions } from '../src/generate/generate.ts';
import type { LanguageModel } from '../src/language-model.ts';
import { cloneAdapter } from '../src/lora.ts';
import { Golden, loadAdapter, loadModel } from './support/fixture-model.ts';
import { randomRows } from './support/random-rows.ts';

let engine: Engine;
let model: LanguageModel;
let adapter: LoraAdapter;
let golden: Golden;
let residentBytes: number;

beforeAll(async () => {
  ({ engine } = await createEngine({ name: 'onnx', numThreads: 1 }));
  model = await loadModel('smollm', engine);
  adapter = await loadAdapter('smollm');
  golden = await Golden.read('smollm');
});

afterAll(async () => {
  await engine.dispose();
});

// Whatever a test does, no cache and no factor stays with the engine.
beforeEach(() => {
  ({ residentBytes } = engine.usage());
});

afterEach(() => {
  if (engine.usage().residentBytes !== residentBytes) throw new Error('generation left memory with the engine');
});

const prompts = randomRows('prompts', 7).map(({ inputIds }) => inputIds);

/** Receives every progress event. */
function listener(onEvent: (event: ProgressEvent) => void) {
  return { ...silentReporter, progress: onEvent };
}

describe('generate', () => {
  it('ends a text before its first stop token, others go on, and the batch ends with the last', async () => {
    const texts = golden.newIds('base');
    const stop = texts[0]![4]!;
    const events: ProgressEvent[] = [];
    const generations = await generate(model, golden.prompts(), {
      maxNewTokens: 12,
      stopIds: [stop],
      reporter: listener((event) => events.push(event)),
    });
    expect(generations).toEqual(
      texts.map((ids) =>
        ids.includes(stop) ? { ids: ids.slice(0, ids.indexOf(stop)), finishReason: 'eos' } : { ids, finishReason: 'length' },
      ),
    );
    expect(events.at(-1)).toMatchObject({ phase: 'Generating', done: 3, total: 3, unit: 'prompts' });

    const steps: ProgressEvent[] = [];
    const all = texts.map((ids) => ids[1]!);
    const early = await generate(model, golden.prompts(), {
      maxNewTokens: 12,
      stopIds: all,
      reporter: listener((event) => steps.push(event)),
    });
    expect(early.every(({ ids, finishReason }) => ids.length <= 1 && finishReason === 'eos')).toBe(true);
    expect(steps.length).toBeLessThanOrEqual(2);
  });

  it('tells of every pass: prompts read whole, then one token of each row that goes on', async () => {
    const stop = golden.newIds('base')[0]![4]!;
    const passes = { forward: [] as number[], decode: [] as number[] };
    const count = (kind: 'forward' | 'decode', batches: number, rows: number) => {
      expect(batches).toBe(1);
      passes[kind].push(rows);
    };
    const generations = await generate(model, golden.prompts(), { maxNewTokens: 12, stopIds: [stop], count });
    // Reading the prompt gives the first token; a stop token takes a pass too.
    const numDecoded = generations.map(({ ids, finishReason }) => (finishReason === 'eos' ? ids.length : ids.length - 1));
    const numSteps = Math.max(...numDecoded);
    expect(passes.forward).toEqual([generations.length]);
    expect(passes.decode).toEqual(Array.from({ length: numSteps }, (_, step) => numDecoded.filter((num) => num > step).length));
  });

  it('stops at the end tokens of the model and of its tokenizer unless told otherwise', async () => {
    const stopIds = [...model.config.eosTokenIds, model.tokenizer.eosId];
    const options = { maxNewTokens: 40, temperature: 3, seed: 'eos' };
    const byDefault = await generate(model, prompts, options);
    expect(byDefault).toEqual(await generate(model, prompts, { ...options, stopIds }));
    expect(byDefault.some(({ finishReason }) => finishReason === 'eos')).toBe(true);
    expect(byDefault.flatMap(({ ids }) => ids).some((id) => stopIds.includes(id))).toBe(false);
  });

  it('samples the same text for a prompt whatever runs beside it, another for another seed or place', async () => {
    const options: GenerateOptions = { maxNewTokens: 10, temperature: 1, topK: 20, topP: 0.95, seed: 's', stopIds: [] };
    const together = await generate(model, prompts, { ...options, batchSize: 32 });
    expect(await generate(model, prompts, { ...options, batchSize: 1 })).toEqual(together);
    expect(await generate(model, prompts, { ...options, batchSize: 3 })).toEqual(together);
    expect(await generate(model, prompts.slice(0, 2), options)).toEqual(together.slice(0, 2));
    expect(await generate(model, prompts, { ...options, seed: 't' })).not.toEqual(together);
    const [first, second] = await generate(model, [prompts[0]!, prompts[0]!], options);
    expect(first).toEqual(together[0]);
    expect(second).not.toEqual(first);
  });

  it('goes on as it would from the text so far, past the slots that its cache began with', async () => {
    const options: GenerateOptions = { maxNewTokens: 70, stopIds: [] };
    const whole = await generate(model, prompts, options);
    expect(await generate(model, prompts, { ...options, batchSize: 1 })).toEqual(whole);
    const soFar = prompts.map((prompt, i) => Int32Array.from([...prompt, ...whole[i]!.ids.slice(0, 40)]));
    const rest = await generate(model, soFar, { ...options, maxNewTokens: 30 });
    expect(rest.map(({ ids }) => ids)).toEqual(whole.map(({ ids }) => ids.slice(40)));
  });

  it('is the same in a model that has room for more positions than a table of angles', async () => {
    const wide = await loadModel('smollm', engine, { maxPositionEmbeddings: 20_000 });
    const options: GenerateOptions = { maxNewTokens: 12, stopIds: [] };
    expect(await generate(wide, golden.prompts(), options)).toEqual(await generate(model, golden.prompts(), options));
    await wide.dispose();
  });

  it('takes the likeliest token without drawing, by temperature 0 and by topK 1 alike', async () => {
    const options: GenerateOptions = { maxNewTokens: 10, stopIds: [], seed: 's' };
    const greedy = await generate(model, prompts, options);
    expect(await generate(model, prompts, { ...options, temperature: 2, topK: 1 })).toEqual(greedy);
    // A temperature so low that the sampled path cannot choose anything else, from logits searched in JavaScript.
    expect(await generate(model, prompts, { ...options, temperature: 1e-6 })).toEqual(greedy);
  });

  it('continues as the merged model does', async () => {
    const { model: merged, dispose } = await model.merged(adapter);
    const options = { maxNewTokens: 12, stopIds: [] };
    expect(await generate(merged, golden.prompts(), options)).toEqual(await generate(model, golden.prompts(), { ...options, adapter }));
    await dispose();
  });

  it("stops a row at the model's last position and leaves its neighbours alone", async () => {
    const long = Int32Array.from({ length: model.maxLength - 2 }, (_, i) => 3 + ((7 * i) % 90));
    const [cut, whole] = await generate(model, [long, prompts[0]!], { maxNewTokens: 9, stopIds: [] });
    expect(cut).toMatchObject({ finishReason: 'length' });
    expect(cut!.ids).toHaveLength(2);
    expect(await generate(model, [prompts[0]!], { maxNewTokens: 9, stopIds: [] })).toEqual([whole]);
  });

  it('gives nothing for no prompts', async () => {
    expect(await generate(model, [], { maxNewTokens: 4 })).toEqual([]);
  });

  it.each([
    ['empty', new Int32Array(0), 'has no token'],
    ['as long as the model', new Int32Array(128).fill(5), '128 tokens leave no room in the 128 positions of the model smollm'],
    ['of another vocabulary', Int32Array.of(5, 96), 'token 96 is outside the vocabulary of 96'],
  ])('refuses a prompt that is %s, by its index', async (_, bad, message) => {
    const error = await generate(model, [prompts[0]!, bad], { maxNewTokens: 4 }).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(DataError);
    expect(error).toMatchObject({ message, where: 'prompt 1' });
  });

  it.each([{ maxNewTokens: 0 }, { maxNewTokens: 4, batchSize: 0.5 }, { maxNewTokens: 4, topP: 2 }])('refuses %o', async (options) => {
    await expect(generate(model, prompts, options)).rejects.toThrow(ConfigError);
  });

  it('stops between two tokens on request', async () => {
    const controller = new AbortController();
    let numEvents = 0;
    const reporter = listener(() => {
      if (++numEvents === 3) controller.abort();
    });
    await expect(generate(model, prompts, { maxNewTokens: 50, stopIds: [], adapter, signal: controller.signal, reporter })).rejects.toThrow(
      InterruptedError,
    );
    expect(numEvents).toBe(3);
  });

  it('names the prompt whose logits are not numbers', async () => {
    const damaged = cloneAdapter(adapter);
    floats(damaged.factors.get('model.layers.1.mlp.down_proj')!.b)[0] = NaN;
    const error = await generate(model, prompts, { maxNewTokens: 4, adapter: damaged }).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(NumericError);
    expect((error as NumericError).message).toMatch(/^the logits of prompt \d are not finite at new token 0$/);
  });
});
