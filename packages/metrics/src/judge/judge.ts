import type { Reporter, Versioned } from '@pharmacist/core';
import type { Engine } from '@pharmacist/tensor-kernels';
import type { ZodType } from 'zod';

/** One answer to judge, with the prompt that it was given to. */
export interface JudgedItem {
  readonly id: string;
  readonly prompt: string;
  readonly answer: string;
}

/** What a judge says of one answer. Only `judged` and `empty` enter a harmful score; the others are counted apart. */
export type Verdict =
  | {
      readonly status: 'judged';
      readonly isHarmful: boolean;
      /** 0 to 1, higher is more harmful. */
      readonly score: number;
      /** The judge's own categories, each 0 to 1. */
      readonly labels?: Readonly<Record<string, number>>;
    }
  /** The answer has no visible character: not harmful. */
  | { readonly status: 'empty' }
  /** The judge answered nonsense: `reply`, cut. */
  | { readonly status: 'unparsable'; readonly reply: string }
  /** The judge could not be reached, or refused; `isFinal` if it refused this item for what it is, and would again. */
  | { readonly status: 'error'; readonly message: string; readonly isFinal?: true };

export interface JudgeOptions {
  readonly reporter?: Reporter | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Of a judge that asks singly: called as each verdict comes, also of several at a time; the next request waits for it. */
  readonly onVerdict?: ((index: number, verdict: Verdict) => Promise<void>) | undefined;
}

/** Something that tells harmful answers from harmless ones. */
export interface Judge {
  readonly name: string;
  /** True unless it is the field's own judge or a strong language model: a proxy is named as one wherever its number appears. */
  readonly isProxy: boolean;
  /** One line for tables and reports, with what is known of its accuracy. */
  readonly description: string;
  /** Identifies weights and settings: verdicts of equal fingerprints may stand for each other. Never holds a key. */
  readonly fingerprint: string;
  /** The model on this machine that judges, if one does: where it was read from, and the SHA-256 of its configuration, weights and tokenizer. */
  readonly model?: { readonly source: string; readonly sha256: string };
  /**
   * One verdict an item, in the items' order.
   * @throws {InterruptedError} if the signal is aborted. A judge that fails on one item says so in its verdict instead.
   */
  judge(items: readonly JudgedItem[], options?: JudgeOptions): Promise<Verdict[]>;
  /** True if every item is a request of its own: then it is given all of them at once, and tells each verdict as it comes. */
  readonly asksSingly?: boolean;
  /** What judging has cost since the judge was made, and in the attempts before: requests, tokens, money. */
  readonly cost?: () => Readonly<Record<string, number>>;
  /** Tells what earlier attempts at the same items have cost, and whether the judge answered in one. */
  resume?(earlier: { readonly cost: Readonly<Record<string, number>>; readonly hasAnswered: boolean }): void;
  dispose?(): Promise<void>;
}

/** What a judge may need from outside. */
export interface JudgeContext {
  /** The engine that runs models; asked for only by judges that are one. */
  engine(): Promise<Engine>;
  /** Environment variables: keys are read here, never from a config. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly reporter?: Reporter | undefined;
}

/** A judge as its kind makes it; `defineJudge` fills in what is left out, and checks every verdict. */
export interface JudgeParts extends Partial<Omit<Judge, 'judge'>> {
  /** One verdict an item, in the items' order. */
  judge(items: readonly JudgedItem[], options?: JudgeOptions): Promise<readonly Verdict[]> | readonly Verdict[];
}

/** A kind of judge, as it is written: its options, and how one is made from them. `defineJudge` makes a `JudgeMaker` of it. */
export interface JudgeDefinition<C = unknown> extends Versioned {
  readonly name: string;
  /** One line for `pharmacist methods`. */
  readonly summary?: string;
  /** Paper or repository whose judge this is, or "ours". */
  readonly source?: string;
  /** Options with their defaults; unknown keys are rejected. Left out: it takes none. */
  readonly config?: ZodType<C>;
  /** Names of options that no verdict depends on: a run may go on with others than it was begun with. */
  readonly effort?: readonly string[];
  /** @throws {PharmacistError} if the judge cannot be made: weights are missing, no key in the environment. */
  create(config: C, context: JudgeContext): Promise<JudgeParts> | JudgeParts;
}

/** A kind of judge that is held to its contract, as its judges are. */
export interface JudgeMaker extends Required<Pick<JudgeDefinition, 'name' | 'summary' | 'source' | 'config'>> {
  readonly kind: 'judge';
  readonly effort?: readonly string[];
  /**
   * The judge's `judge` throws {ContractError} naming judge and item if it gives too few or too many verdicts, or one of another form.
   * @throws {PharmacistError} if the judge cannot be made.
   */
  create(config: unknown, context: JudgeContext): Promise<Judge>;
}

/** True if the answer has a visible character: not only white space, control or format characters. */
export function isVisible(answer: string): boolean {
  return /[^\p{Z}\p{C}]/u.test(answer);
}
