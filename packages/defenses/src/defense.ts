import type { Random, Reporter, Versioned } from '@pharmacist/core';
import type { LanguageModel, LoraAdapter, ModelConfig, StepMethod, TokenizedRow } from '@pharmacist/language-model';
import type { InputType, Program } from '@pharmacist/tensor-kernels';
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
  /** Heard between steps by the loop; a method whose steps are long may listen too. */
  readonly signal?: AbortSignal | undefined;
}

/** What the memory of a step follows from. */
export interface StepSizes {
  readonly config: ModelConfig;
  /** As it is trained; of other values. */
  readonly adapter: LoraAdapter;
  readonly batchSize: number;
  /** Tokens of every row. */
  readonly maxLength: number;
}

/** A program as an estimate of memory traces it. */
export interface StepProgram {
  readonly program: Program;
  /** Its inputs beside weights and factors. */
  readonly inputs: Readonly<Record<string, InputType>>;
}

/** The steps of a method as it starts them; `defineDefense` fills in the fingerprint, and checks every gradient. */
export interface StepMethodParts extends Omit<StepMethod, 'fingerprint'> {
  /** Everything that decides its gradients beside batch and parameters, a JSON value; name and options if left out. */
  readonly fingerprint?: unknown;
}

/** An alignment-stage method, as it is written: it supplies the gradient of one step and nothing else. `defineDefense` makes a `Defense` of it. */
export interface DefenseDefinition<C = unknown> extends Versioned {
  readonly name: string;
  /** One line for `pharmacist methods`. */
  readonly summary?: string;
  /** Paper, section and equation. */
  readonly source?: string;
  /** Options with their defaults, the paper's form; unknown keys are rejected. Where the reference code deviates, an option names it. Left out: it takes none. */
  readonly config?: ZodType<C>;
  /** Passes of a step in words, for tables: `2F + 2B`; none are said if left out. */
  readonly passes?: string;
  /** Whether the method has no meaning without harmful rows; false if left out. */
  readonly needsHarmful?: boolean;
  /** The largest program of a step, for estimates of memory; the plain gradient of a batch if left out. */
  largestProgram?(sizes: StepSizes, config: C): StepProgram;
  /** @throws {ConfigError} if the options do not fit the model or the rows. */
  start(context: DefenseContext, config: C): StepMethodParts;
}

/** An alignment-stage method that is held to its contract. */
export interface Defense extends Required<Pick<DefenseDefinition, 'name' | 'summary' | 'source' | 'config' | 'needsHarmful' | 'passes'>> {
  readonly kind: 'defense';
  /** Left out: no program of it is larger than the plain gradient of a batch. */
  readonly largestProgram?: (sizes: StepSizes, config: unknown) => StepProgram;
  /**
   * `gradient` of what it gives throws {ContractError} naming the defense if the loss is no number, or a gradient has another name or length
   * than a trained tensor. A loss or a gradient that is not finite is the loop's to refuse, which knows step and rows.
   * @throws {ConfigError} if the options do not fit the model or the rows.
   */
  start(context: DefenseContext, config: unknown): StepMethod;
}
