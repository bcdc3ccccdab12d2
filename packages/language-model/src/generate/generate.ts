import { ConfigError, DataError, Random, type Reporter, silentReporter, throwIfAborted } from '@pharmacist/core';
import type { ResidentTensor } from '@pharmacist/tensor-kernels';
import type { LoraAdapter } from '../adapter.ts';
import { bucketFor, lengthBucketsFor, planBatches } from '../collate.ts';
import { originalLength } from '../decoder/rotary-tables.ts';
import type { LanguageModel } from '../language-model.ts';
import { adapterTensors } from '../lora.ts';
import { type Continuation, generateBatch } from './generate-batch.ts';
import { checkSampling, type SamplingOptions } from './sample.ts';

/** Counts the changes after which a prompt may be continued otherwise than before, a corrected fault too: answers that are kept carry it. */
export const GENERATION_VERSION = 1;

export interface GenerateOptions extends SamplingOptions {
  readonly adapter?: LoraAdapter;
  /** Most tokens after each prompt. */
  readonly maxNewTokens: number;
  /** Prompts that run side by side; memory grows with it, 32 by default. */
  readonly batchSize?: number;
  /** Of sampling; a prompt's text depends on it and on the prompt's index, not on what runs beside it. */
  readonly seed?: number | string;
  /** Ids that end a text: by default those of the model's configuration and the tokenizer's EOS. Empty: never stop. */
  readonly stopIds?: readonly number[];
  /**
   * Told of every pass: `forward` reads prompts whole, `decode` one further token of each row that goes on; padding rows do not count.
   * @param batches always 1. @param rows prompts of the batch, or those of them that are not finished.
   */
  readonly count?: (kind: 'forward' | 'decode', batches: number, rows: number) => void;
  readonly phase?: string;
  readonly reporter?: Reporter;
  readonly signal?: AbortSignal;
}

export interface Generation {
  /** New tokens, without the prompt and without the stop token. */
  readonly ids: number[];
  /** `eos`: a stop token came. `length`: `maxNewTokens` or the model's longest sequence was reached. */
  readonly finishReason: 'eos' | 'length';
}

/**
 * Continues prompts, in batches of similar length with a key-value cache; greedy unless a temperature is given.
 * @param prompts token ids i32 [L] each, 1 <= L < model.maxLength; see tokenizePrompt. @returns in the order of `prompts`.
 * @throws {ConfigError} if an option is out of its range. @throws {DataError} naming the first prompt that is empty or too long.
 * @throws {InterruptedError} between two tokens; what was generated is lost.
 */
export async function generate(model: LanguageModel, prompts: readonly Int32Array[], options: GenerateOptions): Promise<Generation[]> {
  const { adapter, maxNewTokens, batchSize = 32, seed = 0, phase = 'Generating', reporter = silentReporter, signal } = options;
  checkCount('maxNewTokens', maxNewTokens);
  checkCount('batchSize', batchSize);
  checkSampling(options);
  prompts.forEach((prompt, index) => checkPrompt(prompt, index, model));
  const random = new Random(seed);
  const rows = prompts.map((prompt, index): Continuation => ({
    index,
    prompt,
    random: random.split('generate', index),
    maxNewTokens,
    ids: [],
    finishReason: undefined,
  }));
  const stopIds = new Set(options.stopIds ?? [...model.config.eosTokenIds, model.tokenizer.eosId]);
  const buckets = lengthBucketsFor(model.maxLength);
  const report = () => {
    const done = rows.filter(({ finishReason }) => finishReason !== undefined).length;
    reporter.progress({
      phase,
      done,
      total: rows.length,
      unit: 'prompts',
      facts: { tokens: rows.reduce((sum, { ids }) => sum + ids.length, 0) },
    });
  };
  const factors: Record<string, ResidentTensor> = {};
  try {
    for (const [name, tensor] of Object.entries(adapter === undefined ? {} : adapterTensors(adapter))) {
      factors[name] = await model.engine.upload(tensor);
    }
    const run = async (part: readonly Continuation[], limit: number, isLong: boolean | undefined) => {
      const lengths = part.map(({ prompt }) => prompt.length);
      const size = evenBatchSize(part.length, batchSize);
      for (const indices of planBatches(lengths, { batchSize: size, seed, epoch: 0, groupByLength: true })) {
        throwIfAborted(signal);
        const batch = indices.map((index) => part[index]!);
        const shortest = lengths[indices.at(-1)!]!;
        await generateBatch(batch, {
          model,
          factors,
          loraScale: adapter?.scale ?? 0,
          batchSize: size,
          paddedLength: bucketFor(lengths[indices[0]!]!, buckets),
          maxNewTokens: Math.min(maxNewTokens, limit - shortest),
          limit,
          isLong,
          stopIds,
          sampling: options,
          signal,
          onPass: (kind, numRows) => options.count?.(kind, 1, numRows),
          onToken: report,
        });
      }
    };
    const original = originalLength(model.config);
    if (original === undefined || original >= model.maxLength) await run(rows, model.maxLength, original === undefined ? undefined : false);
    else await runInTwoParts(rows, original, { limit: model.maxLength, run });
  } finally {
    for (const tensor of Object.values(factors)) await tensor.dispose();
  }
  return rows.map(({ ids, finishReason }) => ({ ids, finishReason: finishReason! }));
}

/**
 * For a model that turns texts beyond its original length by other angles: what is shorter runs until it has one token more than that, and
 * goes on as a prompt of its own, read anew, as transformers does it.
 */
async function runInTwoParts(
  rows: readonly Continuation[],
  original: number,
  { limit, run }: { limit: number; run: (part: readonly Continuation[], limit: number, isLong: boolean) => Promise<void> },
): Promise<void> {
  const short = rows.filter(({ prompt }) => prompt.length <= original);
  if (short.length > 0) await run(short, original + 1, false);
  const unfinished = rows.filter(({ finishReason }) => finishReason === undefined);
  const rest = unfinished.map((row): Continuation => ({
    ...row,
    prompt: Int32Array.from([...row.prompt, ...row.ids]),
    maxNewTokens: row.maxNewTokens - row.ids.length,
    ids: [],
  }));
  if (rest.length > 0) await run(rest, limit, true);
  rest.forEach(({ ids, finishReason }, i) => {
    unfinished[i]!.ids.push(...ids);
    unfinished[i]!.finishReason = finishReason;
  });
}

/** Rows of each batch such that as many batches as needed are filled evenly: 33 prompts at 32 a batch run as 17 and 16, not as 32 and 1. */
function evenBatchSize(numPrompts: number, batchSize: number): number {
  return Math.ceil(numPrompts / Math.ceil(numPrompts / batchSize)) || 1;
}

function checkCount(field: string, value: number): void {
  if (!Number.isInteger(value) || value < 1)
    throw new ConfigError(`expected an integer >= 1, got ${value}`, { where: `generate.${field}` });
}

function checkPrompt(prompt: Int32Array, index: number, { maxLength, name, config }: LanguageModel): void {
  const where = `prompt ${index}`;
  if (prompt.length === 0) throw new DataError('has no token', { where, hint: 'give the model at least a BOS token to start from' });
  if (prompt.length >= maxLength) {
    const hint = `shorten it to fewer than ${maxLength} tokens`;
    throw new DataError(`${prompt.length} tokens leave no room in the ${maxLength} positions of the model ${name}`, { where, hint });
  }
  const unknown = prompt.find((id) => id < 0 || id >= config.vocabSize);
  if (unknown !== undefined) {
    const hint = "encode it with the model's own tokenizer";
    throw new DataError(`token ${unknown} is outside the vocabulary of ${config.vocabSize}`, { where, hint });
  }
}
