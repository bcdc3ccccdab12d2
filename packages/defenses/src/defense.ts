import type { Random, Reporter } from '@pharmacist/core';
import type { LanguageModel, LoraAdapter, StepMethod, TokenizedRow } from '@pharmacist/language-model';
import type { ZodType } from 'zod';

/** A row that a method trains on or defends against. */
export interface DefenseRow {
  readonly id: string;
  /** As pairs are found by it: normalised. */
  readonly prompt: string;
  readonly tokens: TokenizedRow;
}

/** What every method is given. */
export interface DefenseContext {
  readonly model: LanguageModel;
  /** Trained in place by the loop; a method reads its values at each step and leaves them as they were. */
  readonly adapter: LoraAdapter;
  /** The alignment rows (harmful prompts with safe answers), in the order that the indices of a step mean. */
  readonly rows: readonly DefenseRow[];
  /** Harmful prompts with harmful answers; empty if there are none. */
  readonly harmful: readonly DefenseRow[];
  /** Rows of one alignment batch. */
  readonly batchSize: number;
  /** Tokens of the longest row. */
  readonly maxLength: number;
  /** Names every random draw; a method splits it by purpose and step, so that a step's draws do not depend on the steps before it. */
  readonly random: Random;
  /** Counts passes: `forward` or `backward`, in batches, and the rows in them. */
  count(kind: 'forward' | 'backward', batches: number, rows: number): void;
  /** A fact for run.json. */
  note(key: string, value: unknown): void;
  readonly reporter: Reporter;
}

/** An alignment-stage method. It supplies the gradient of one step and nothing else. */
export interface Defense<C = unknown> {
  readonly name: string;
  /** One line for `pharmacist methods`. */
  readonly summary: string;
  /** Paper, section and equation. */
  readonly source: string;
  /** Options with their defaults, the paper's form; unknown keys are rejected. Where the reference code deviates, an option names it. */
  readonly config: ZodType<C>;
  /** Whether the method has no meaning without harmful rows. */
  readonly needsHarmful: boolean;
  /** @throws {ConfigError} if the options do not fit the model or the rows. */
  start(context: DefenseContext, config: C): StepMethod;
}

/** Checks a definition's types and forgets its configuration type, so that definitions of different methods fit in one registry. */
export function defineDefense<C, const N extends string>(definition: Defense<C> & { readonly name: N }): Defense & { readonly name: N } {
  return { ...definition, start: (context, config) => definition.start(context, definition.config.parse(config)) };
}
