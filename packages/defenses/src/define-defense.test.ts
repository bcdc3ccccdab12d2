import { Random, silentReporter } from '@pharmacist/core';
import {
  adapterParameters,
  createAdapter,
  type LanguageModel,
  parseModelConfig,
  type StepBatch,
  type StepGradient,
} from '@pharmacist/language-model';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { DefenseContext, StepMethodParts } from './defense.ts';
import { defineDefense } from './define-defense.ts';

const SIZES = { hidden_size: 8, intermediate_size: 8, num_hidden_layers: 1, num_attention_heads: 2, vocab_size: 16 };
const config = parseModelConfig({ model_type: 'llama', ...SIZES, rms_norm_eps: 1e-6, max_position_embeddings: 16 }, 'config.json');
const adapter = createAdapter(config, { rank: 1, alpha: 1 }, 'test');
const parameters = adapterParameters(adapter);
const [NAME, VALUES] = [...parameters][0]!;
const STEP = { step: 0, indices: [0] } as Partial<StepBatch> as StepBatch;

/** A context whose model nothing here reads. */
const contextOf = (signal?: AbortSignal): DefenseContext => ({
  model: {} as LanguageModel,
  adapter,
  rows: [],
  harmful: [],
  batchSize: 1,
  maxLength: 8,
  random: new Random(0),
  count: () => undefined,
  note: () => undefined,
  reporter: silentReporter,
  signal,
});

const giving = (given: unknown) =>
  defineDefense({ name: 'mine', start: () => ({ gradient: async () => await Promise.resolve(given as StepGradient) }) });
const step = async (given: unknown) => await giving(given).start(contextOf(), {}).gradient(STEP);

describe('a defense of one’s own', () => {
  it('needs a name and a start; what is left out of its steps is filled in', async () => {
    const defense = defineDefense({
      name: 'mine',
      config: z.strictObject({ rho: z.number().default(2) }),
      start: () => ({ gradient: async () => await Promise.resolve({ loss: 1, gradients: new Map([[NAME, VALUES.slice()]]) }) }),
    });
    expect(defense).toMatchObject({ kind: 'defense', name: 'mine', needsHarmful: false });
    const method = defense.start(contextOf(), {});
    expect(method.fingerprint).toEqual({ defense: 'mine', options: { rho: 2 } });
    expect((await method.gradient(STEP)).loss).toBe(1);
    expect(() => defense.start(contextOf(), { rhoo: 1 })).toThrow('rhoo');
  });

  it('may name its largest program, by its options', () => {
    const sizes = { config, adapter, batchSize: 1, maxLength: 8 };
    expect(giving({}).largestProgram).toBeUndefined();
    const defense = defineDefense({
      name: 'mine',
      config: z.strictObject({ rho: z.number().default(2) }),
      start: () => ({ gradient: async () => await Promise.resolve({ loss: 1, gradients: new Map() }) }),
      largestProgram: ({ batchSize }, { rho }) => ({ program: () => ({}), inputs: { x: { shape: [batchSize, rho], dtype: 'float32' } } }),
    });
    expect(defense.largestProgram!(sizes, {}).inputs).toEqual({ x: { shape: [1, 2], dtype: 'float32' } });
  });

  it('leaves it to the loop, which knows step and rows, to refuse a loss that is not finite', async () => {
    expect((await step({ loss: NaN, gradients: new Map() })).loss).toBeNaN();
  });

  it.each([
    [undefined, 'gives undefined for a step'],
    [{ loss: '1', gradients: new Map() }, 'gives an object for a step'],
    [{ loss: 1, gradients: {} }, 'gives an object for a step'],
    [{ loss: 1, gradients: new Map([['head', VALUES]]) }, `gives ${VALUES.length} values for the gradient of head`],
    [{ loss: 1, gradients: new Map([[NAME, VALUES.slice(1)]]) }, `gives ${VALUES.length - 1} values for the gradient of ${NAME}`],
    [{ loss: 1, gradients: new Map([[NAME, [...VALUES]]]) }, `gives an array of ${VALUES.length} for the gradient of ${NAME}`],
    [{ loss: 1, gradients: new Map(), facts: { norm: '3' } }, 'notes "3" as norm of a step'],
  ])('is refused for %o', async (given, message) => {
    await expect(step(given)).rejects.toMatchObject({ code: 'E_CONTRACT', where: 'defense mine', message });
  });

  it.each([
    [() => undefined, 'starts undefined, which has no gradient'],
    [() => Promise.resolve({ gradient: () => undefined }), 'starts a promise, which has no gradient'],
    [
      () => {
        throw new TypeError('no rows');
      },
      'threw TypeError: no rows',
    ],
  ])('is refused when it starts wrongly: %s', (start, message) => {
    const defense = defineDefense({ name: 'mine', start: start as unknown as () => StepMethodParts });
    expect(() => defense.start(contextOf(), {})).toThrow(expect.objectContaining({ where: 'defense mine', message }));
  });

  it('finishes the step at work when it is asked to stop: the loop writes a checkpoint after it', async () => {
    const { gradient } = giving({ loss: 1, gradients: new Map() }).start(contextOf(AbortSignal.abort()), {});
    expect((await gradient(STEP)).loss).toBe(1);
  });
});
