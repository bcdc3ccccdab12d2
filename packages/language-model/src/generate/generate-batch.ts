import { NumericError, type Random, throwIfAborted } from '@pharmacist/core';
import { type EngineInput, float32, floats, int32 } from '@pharmacist/tensor-kernels';
import type { LanguageModel } from '../language-model.ts';
import { MASKED_SCORE } from '../llama/forward.ts';
import { KeyValueCache } from './key-value-cache.ts';
import { type PaddedPrompts, padPrompts } from './padded-prompts.ts';
import { decodeProgram, prefillProgram } from './programs.ts';
import { argMax, sampleToken, type SamplingOptions } from './sample.ts';

/** One prompt on its way. */
export interface Continuation {
  /** Place in the caller's list, for messages. */
  readonly index: number;
  readonly prompt: Int32Array;
  readonly random: Random;
  /** What was generated, without the stop token. */
  readonly ids: number[];
  finishReason: 'eos' | 'length' | undefined;
}

export interface BatchOptions {
  readonly model: LanguageModel;
  /** The adapter's factors as inputs, and its scale. */
  readonly factors: Readonly<Record<string, EngineInput>>;
  readonly loraScale: number;
  /** B: rows of the compiled programs; those without a prompt are padding. */
  readonly batchSize: number;
  /** T: tokens that prompts are padded to. */
  readonly paddedLength: number;
  readonly maxNewTokens: number;
  readonly stopIds: ReadonlySet<number>;
  readonly sampling: SamplingOptions;
  readonly signal: AbortSignal | undefined;
  /** Called after each token of the batch. */
  onToken(): void;
}

/** Caches come in sizes of whole steps: few distinct shapes mean few compiled graphs. */
const CACHE_STEP = 32;

/**
 * Continues all prompts of a batch side by side until each met a stop token or a limit: one prefill, then one decoding step a token. The
 * engine holds a key-value cache of T + maxNewTokens slots a row meanwhile, and none afterwards, whatever happens.
 */
export async function generateBatch(rows: readonly Continuation[], options: BatchOptions): Promise<void> {
  const { model, batchSize, paddedLength, maxNewTokens, signal } = options;
  const { config, engine } = model;
  const prompts = padPrompts(
    rows.map(({ prompt }) => prompt),
    paddedLength,
    batchSize,
    model.tokenizer.padId,
  );
  const capacity = paddedLength + Math.ceil(maxNewTokens / CACHE_STEP) * CACHE_STEP;
  const cache = await KeyValueCache.allocate(engine, config, batchSize, capacity);
  try {
    let logits = await prefill(options, prompts, cache);
    const mask = cacheMask(prompts, batchSize, paddedLength, capacity);
    for (let step = 0; ; step++) {
      appendTokens(rows, logits, step, options);
      options.onToken();
      if (rows.every(({ finishReason }) => finishReason !== undefined)) return;
      throwIfAborted(signal);
      logits = await decode(options, rows, mask, cache, paddedLength + step);
      for (let b = 0; b < batchSize; b++) mask[b * capacity + paddedLength + step] = 0;
    }
  } finally {
    await cache.dispose();
  }
}

/** Chooses the next token of every unfinished row. @throws {NumericError} if a logit is not a number. */
function appendTokens(rows: readonly Continuation[], logits: Float32Array, step: number, options: BatchOptions): void {
  const { model, stopIds, sampling, maxNewTokens } = options;
  const { vocabSize } = model.config;
  rows.forEach((row, b) => {
    if (row.finishReason !== undefined) return;
    const own = logits.subarray(b * vocabSize, (b + 1) * vocabSize);
    const best = own[argMax(own)];
    if (best === undefined || best === Infinity) {
      throw new NumericError(`the logits of prompt ${row.index} are not finite at new token ${step}`, {
        where: model.name,
        hint: 'the model or the adapter is damaged, or training diverged',
        details: { prompt: row.index, step },
      });
    }
    const token = sampleToken(own, sampling, row.random);
    if (stopIds.has(token)) {
      row.finishReason = 'eos';
      return;
    }
    row.ids.push(token);
    const isFull = row.ids.length === maxNewTokens || row.prompt.length + row.ids.length === model.maxLength;
    if (isFull) row.finishReason = 'length';
  });
}

/** Reads the prompts into the cache. @returns the logits after them, f32 [B, V]. */
async function prefill(
  { model, factors, loraScale, batchSize, paddedLength }: BatchOptions,
  { inputIds, positions, mask }: PaddedPrompts,
  cache: KeyValueCache,
): Promise<Float32Array> {
  const program = model.function(`prefill ${loraScale}`, () => model.engine.compile('prefill', prefillProgram(model.config, loraScale)));
  const inputs = {
    ...model.inputs,
    ...factors,
    inputIds: int32([batchSize, paddedLength], inputIds),
    positions: int32([batchSize, paddedLength], positions),
    mask: float32([batchSize, 1, 1, 1, paddedLength], mask),
  };
  return floats((await program.run(inputs, { writes: cache.writesAt(0) }))['logits']!);
}

/** Reads the last token of each row into cache slot `slot`. @returns the logits after it, f32 [B, V]. */
async function decode(
  { model, factors, loraScale, batchSize }: BatchOptions,
  rows: readonly Continuation[],
  mask: Float32Array,
  cache: KeyValueCache,
  slot: number,
): Promise<Float32Array> {
  const program = model.function(`decode ${loraScale}`, () => model.engine.compile('decode', decodeProgram(model.config, loraScale)));
  const lastIds = new Int32Array(batchSize).fill(model.tokenizer.padId);
  const positions = new Int32Array(batchSize);
  rows.forEach(({ prompt, ids, finishReason }, b) => {
    if (finishReason !== undefined) return; // Its logits are read no more.
    lastIds[b] = ids.at(-1)!;
    positions[b] = prompt.length + ids.length - 1;
  });
  const inputs = {
    ...model.inputs,
    ...factors,
    ...cache.inputs,
    inputIds: int32([batchSize, 1], lastIds),
    positions: int32([batchSize, 1], positions),
    mask: float32([batchSize, 1, 1, mask.length / batchSize], mask),
  };
  return floats((await program.run(inputs, { writes: cache.writesAt(slot) }))['logits']!);
}

/** f32 [B, C]: the prompts' mask, and slots that nothing was written to yet. */
function cacheMask({ mask }: PaddedPrompts, batchSize: number, length: number, capacity: number): Float32Array {
  const whole = new Float32Array(batchSize * capacity).fill(MASKED_SCORE);
  for (let b = 0; b < batchSize; b++) whole.set(mask.subarray(b * length, (b + 1) * length), b * capacity);
  return whole;
}
