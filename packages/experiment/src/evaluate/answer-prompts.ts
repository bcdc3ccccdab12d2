import type { Reporter } from '@pharmacist/core';
import { generate, type LanguageModel, type Prompt, type PromptTemplate, renderPrompt, tokenizePrompt } from '@pharmacist/language-model';
import { partOf } from './part-of.ts';
import type { Answer, AnswerCache } from './answer-cache.ts';
import type { CountPasses } from './count-passes.ts';

export interface AnswerOptions {
  readonly model: LanguageModel;
  readonly template: PromptTemplate;
  readonly maxNewTokens: number;
  readonly batchSize: number;
  readonly cache: AnswerCache;
  readonly count: CountPasses;
  /** Called when the cache has more answers than before: the moment to keep what was counted for them. */
  readonly onKept: () => Promise<void>;
  /** For the progress bar. */
  readonly phase: string;
  readonly reporter: Reporter;
  readonly signal?: AbortSignal | undefined;
}

export interface AnsweredPrompts {
  /** In the order of the prompts. */
  readonly answers: readonly Answer[];
  /** Prompts that lost their beginning, answered now or before. */
  readonly numTruncated: number;
}

/** Batches between two writes of the cache: what a kill can cost. */
const BATCHES_PER_WRITE = 4;

/**
 * Greedy answers to prompts, without the white space around them. Prompts that were answered before are read from the cache.
 * @throws {InterruptedError} between two tokens; finished groups of batches are kept.
 */
export async function answerPrompts(prompts: readonly Prompt[], options: AnswerOptions): Promise<AnsweredPrompts> {
  const { model, template, maxNewTokens, batchSize, cache, count, onKept, phase, reporter, signal } = options;
  const rendered = prompts.map((prompt, i) => renderPrompt(prompt, template, `${phase}: prompt ${i + 1}`));
  const distinct = tokenizeDistinct(prompts, rendered, options);
  // The longest first: neighbours of equal length are padded least.
  const missing = [...distinct.values()].filter(({ text }) => cache.get(text) === undefined).sort((a, b) => b.ids.length - a.ids.length);
  const numTruncated = rendered.filter((text) => distinct.get(text)!.isCut).length;
  const numCached = distinct.size - missing.length;
  if (numCached > 0) reporter.info(`${phase}: ${numCached} of ${numCached + missing.length} prompts were answered before`);
  const perWrite = batchSize * BATCHES_PER_WRITE;
  for (let start = 0; start < missing.length; start += perWrite) {
    const group = missing.slice(start, start + perWrite);
    const generations = await generate(
      model,
      group.map(({ ids }) => ids),
      {
        maxNewTokens,
        batchSize,
        ...(template.endId !== undefined && { stopIds: [...model.config.eosTokenIds, model.tokenizer.eosId, template.endId] }),
        count,
        phase,
        reporter: partOf(reporter, { done: start, total: missing.length }),
        ...(signal && { signal }),
      },
    );
    await cache.add(
      generations.map(({ ids, finishReason }, i) => [group[i]!.text, { text: model.tokenizer.decode(ids).trim(), finishReason }]),
    );
    await onKept();
  }
  return { answers: rendered.map((text) => cache.get(text)!), numTruncated };
}

interface TokenizedPrompt {
  readonly text: string;
  readonly ids: Int32Array;
  readonly isCut: boolean;
}

/** Every prompt once, by its text, with room for an answer in the model. */
function tokenizeDistinct(
  prompts: readonly Prompt[],
  rendered: readonly string[],
  { model, template, maxNewTokens, phase, reporter }: AnswerOptions,
): ReadonlyMap<string, TokenizedPrompt> {
  const room = Math.max(1, model.maxLength - maxNewTokens);
  const distinct = new Map<string, TokenizedPrompt>();
  prompts.forEach((prompt, i) => {
    const text = rendered[i]!;
    if (distinct.has(text)) return;
    const ids = tokenizePrompt(prompt, model.tokenizer, template, Infinity, `${phase}: prompt ${i + 1}`);
    distinct.set(text, { text, ids: ids.slice(-room), isCut: ids.length > room });
  });
  const numCut = [...distinct.values()].filter(({ isCut }) => isCut).length;
  if (numCut > 0) {
    reporter.warn(
      `${phase}: ${numCut} prompts are longer than ${room} tokens (${model.maxLength} of the model less ${maxNewTokens} of the answer); their beginning was cut`,
    );
  }
  return distinct;
}
