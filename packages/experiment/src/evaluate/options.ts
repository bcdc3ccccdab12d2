import type { RowSource } from '@pharmacist/data-io';
import { STAGE_DEFAULTS, type StageOptions } from '../every-stage/options.ts';
import type { TaskOptions } from '../inputs/task-file.ts';

/** A judge by name, with its own options. */
export interface JudgeChoice {
  readonly name: string;
  readonly options?: Readonly<Record<string, unknown>> | undefined;
}

/** Every file is optional, and what needs it is then left out; at least one must be given. */
export interface EvaluateOptions extends StageOptions {
  /** Adapters in the order they are applied; none evaluates the base model. */
  readonly adapters?: readonly string[] | undefined;
  /** Whether adapters that were trained with another template are taken all the same. */
  readonly allowOtherTemplate?: boolean | undefined;
  /** Prompts that must not be answered: harmful score. */
  readonly harmfulPrompts?: RowSource | undefined;
  /** Task rows that were not trained on: fine-tune accuracy. */
  readonly task?: RowSource | undefined;
  readonly taskOptions?: TaskOptions | undefined;
  /** Harmless prompts that look harmful: over-refusal. */
  readonly overRefusalPrompts?: RowSource | undefined;
  /** Prompts with a safe and a harmful answer: margin and harmful preference. */
  readonly pairs?: RowSource | undefined;
  /** Texts that have nothing to do with safety: perplexity. */
  readonly plainText?: RowSource | undefined;
  readonly judges?: readonly JudgeChoice[] | undefined;
  /** Longest answer in tokens; a task has a length of its own. */
  readonly maxNewTokens?: number | undefined;
  /** Takes the first so many rows of each file; a file with fewer is an error. */
  readonly limit?: number | undefined;
  /** Prompts answered side by side. */
  readonly batchSize?: number | undefined;
  /** Folder of answers that other evaluations share; without it they are kept only until the run is complete. */
  readonly cacheDir?: string | undefined;
  /** Tells this evaluation's answers there from those of others that may be at work at the same time. */
  readonly cacheWriter?: string | undefined;
  /** Environment variables, for judges that need a key. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

export const EVALUATE_DEFAULTS = { ...STAGE_DEFAULTS, maxNewTokens: 128, batchSize: 32, judge: 'ngram' } as const;
