import { NumericError, type Random, throwIfAborted } from '@pharmacist/core';
import { type EngineFunction, type EngineInput, float32, floats, type HostTensor, int32, type Program } from '@pharmacist/tensor-kernels';
import type { ModelConfig } from '../config.ts';
import type { LanguageModel } from '../language-model.ts';
import { MASKED_SCORE, windowsWithin } from '../decoder/attend.ts';
import { KeyValueCache } from './key-value-cache.ts';
import { type PaddedPrompts, padPrompts } from './padded-prompts.ts';
import { decodeProgram, type DecodingOptions, prefillProgram, windowInput } from './programs.ts';
import { argMax, isGreedy, sampleToken, type SamplingOptions } from './sample.ts';

/** One prompt on its way. */
export interface Continuation {
  /** Place in the caller's list, for messages. */
  readonly index: number;
  readonly prompt: Int32Array;
  readonly random: Random;
  /** Most tokens after the prompt. */
  readonly maxNewTokens: number;
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
  /** Most tokens after any prompt of the batch. */
  readonly maxNewTokens: number;
  /** Tokens of prompt and answer at which a row is left, finished only if it is the model's longest sequence. */
  readonly limit: number;
  readonly isLong: boolean | undefined;
  readonly stopIds: ReadonlySet<number>;
  readonly sampling: SamplingOptions;
  readonly signal: AbortSignal | undefined;
  /** Called after each pass with the rows that needed it. */
  onPass(kind: 'forward' | 'decode', numRows: number): void;
  /** Called after each token of the batch. */
  onToken(): void;
}

/** Caches come in sizes of whole steps: few distinct shapes mean few compiled graphs. */
const CACHE_STEP = 32;

/** A cache grows by so many slots: a decoding step reads all that there are, and growing copies them. */
const GROWTH_STEP = 64;

/** What a program returned. */
type Outputs = Readonly<Record<string, HostTensor>>;

/**
 * Continues all prompts of a batch side by side until each met a stop token or a limit: one prefill, then one decoding step a token. The
 * engine holds a key-value cache of at most T + maxNewTokens slots a row meanwhile, and none afterwards, whatever happens.
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
  const mostSlots = paddedLength + Math.ceil(maxNewTokens / CACHE_STEP) * CACHE_STEP;
  const capacityFor = (slot: number) => Math.min(mostSlots, Math.ceil((slot + 1) / GROWTH_STEP) * GROWTH_STEP);
  const cache = await KeyValueCache.allocate(engine, config, batchSize, capacityFor(paddedLength));
  try {
    let outputs = await prefill(options, prompts, cache);
    options.onPass('forward', rows.length);
    let mask = cacheMask(prompts, batchSize, paddedLength, paddedLength, cache.capacity);
    for (let step = 0; ; step++) {
      appendTokens(rows, outputs, step, options);
      options.onToken();
      const numUnfinished = rows.filter((row) => isRunning(row, options)).length;
      if (numUnfinished === 0) return;
      throwIfAborted(signal);
      const slot = paddedLength + step;
      if (slot === cache.capacity) {
        await cache.grow(model, capacityFor(slot));
        mask = cacheMask(prompts, batchSize, paddedLength, slot, cache.capacity);
      }
      outputs = await decode(options, rows, mask, cache, slot);
      options.onPass('decode', numUnfinished);
      for (let b = 0; b < batchSize; b++) mask[b * cache.capacity + slot] = 0;
    }
  } finally {
    await cache.dispose();
  }
}

/** Whether a row gets another token. */
function isRunning({ finishReason, prompt, ids }: Continuation, { limit }: BatchOptions): boolean {
  return finishReason === undefined && prompt.length + ids.length < limit;
}

/** Chooses the next token of every unfinished row. @throws {NumericError} if a logit is not a number. */
function appendTokens(rows: readonly Continuation[], outputs: Outputs, step: number, options: BatchOptions): void {
  const { model, stopIds } = options;
  rows.forEach((row, b) => {
    if (!isRunning(row, options)) return;
    const token = nextToken(outputs, b, row, options);
    if (token === undefined) {
      throw new NumericError(`the logits of prompt ${row.index} are not finite at new token ${step}`, {
        where: model.name,
        hint: 'the model or the adapter is damaged, or training diverged',
        details: { prompt: row.index, step },
      });
    }
    if (stopIds.has(token)) {
      row.finishReason = 'eos';
      return;
    }
    row.ids.push(token);
    const isFull = row.ids.length === row.maxNewTokens || row.prompt.length + row.ids.length === model.maxLength;
    if (isFull) row.finishReason = 'length';
  });
}

/** The token after row `b`; none if its logits are not finite. */
function nextToken(outputs: Outputs, b: number, { random }: Continuation, { model, sampling }: BatchOptions): number | undefined {
  if (isGreedy(sampling)) return Number.isFinite(outputs['logitSums']!.data[b]) ? outputs['likeliest']!.data[b] : undefined;
  const { vocabSize } = model.config;
  const logits = floats(outputs['logits']!).subarray(b * vocabSize, (b + 1) * vocabSize);
  const best = logits[argMax(logits)];
  return best === undefined || best === Infinity ? undefined : sampleToken(logits, sampling, random);
}

/** Reads the prompts into the cache. @returns what `nextTokens` says after them. */
async function prefill(options: BatchOptions, { inputIds, positions, mask }: PaddedPrompts, cache: KeyValueCache): Promise<Outputs> {
  const { model, factors, batchSize, paddedLength } = options;
  const inputs = {
    ...model.inputs,
    ...factors,
    inputIds: int32([batchSize, paddedLength], inputIds),
    positions: int32([batchSize, paddedLength], positions),
    mask: float32([batchSize, 1, 1, 1, paddedLength], mask),
  };
  return await functionOf('prefill', prefillProgram, options).run(inputs, { writes: cache.writesAt(0) });
}

/** Reads the last token of each row into cache slot `slot`. @returns what `nextTokens` says after it. */
async function decode(
  options: BatchOptions,
  rows: readonly Continuation[],
  mask: Float32Array,
  cache: KeyValueCache,
  slot: number,
): Promise<Outputs> {
  const { model, factors, batchSize } = options;
  const lastIds = new Int32Array(batchSize).fill(model.tokenizer.padId);
  const positions = new Int32Array(batchSize);
  rows.forEach((row, b) => {
    if (!isRunning(row, options)) return; // Its logits are read no more.
    const { prompt, ids } = row;
    lastIds[b] = ids.at(-1)!;
    positions[b] = prompt.length + ids.length - 1;
  });
  const inputs = {
    ...model.inputs,
    ...factors,
    ...cache.inputs,
    inputIds: int32([batchSize, 1], lastIds),
    positions: int32([batchSize, 1], positions),
    mask: float32([batchSize, 1, 1, cache.capacity], mask),
    ...windowMasks(model.config, cache.capacity, slot),
  };
  return await functionOf('decode', decodeProgram, options).run(inputs, { writes: cache.writesAt(slot) });
}

/** For a token in cache slot `slot`: each window's mask over the C slots, the token itself being one of those in the window. */
function windowMasks(config: ModelConfig, capacity: number, slot: number): Record<string, HostTensor> {
  const narrow = windowsWithin(config, capacity).filter((window) => window < capacity);
  return Object.fromEntries(
    narrow.map((window) => {
      const mask = new Float32Array(capacity).fill(MASKED_SCORE, 0, Math.max(0, slot + 1 - window));
      return [windowInput(window), float32([1, 1, 1, capacity], mask)];
    }),
  );
}

/** A compiled program of the model. */
function functionOf(
  name: string,
  make: (options: DecodingOptions) => Program,
  { model, loraScale, sampling, isLong }: BatchOptions,
): EngineFunction {
  const options = { config: model.config, loraScale, isGreedy: isGreedy(sampling), isLong };
  return model.function(`${name} ${loraScale} ${options.isGreedy} ${isLong}`, () => model.engine.compile(name, make(options)));
}

/** f32 [B, C]: the prompts' mask, open up to slot `numWritten`, and slots that nothing was written to yet. */
function cacheMask({ mask }: PaddedPrompts, batchSize: number, length: number, numWritten: number, capacity: number): Float32Array {
  const whole = new Float32Array(batchSize * capacity).fill(MASKED_SCORE);
  for (let b = 0; b < batchSize; b++) {
    whole.set(mask.subarray(b * length, (b + 1) * length), b * capacity);
    whole.fill(0, b * capacity + length, b * capacity + numWritten);
  }
  return whole;
}
