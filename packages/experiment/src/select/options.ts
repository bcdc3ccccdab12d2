import type { AlignmentRow, RowSource } from '@pharmacist/data-io';
import type { ExecutorChoice } from '../executor/executor-choice.ts';
import { STAGE_DEFAULTS, type StageOptions } from '../every-stage/options.ts';

/** A filter by name, with options that differ from its defaults. */
export interface FilterChoice {
  readonly name: string;
  readonly options?: Readonly<Record<string, unknown>> | undefined;
}

export interface SelectOptions extends StageOptions {
  /** The pool to rank: what data-io's `readRows` takes. */
  readonly alignment: RowSource;
  /** Harmful prompts with harmful answers. */
  readonly harmful?: RowSource | undefined;
  /** Trusted rows: harmful prompts with safe answers. */
  readonly validation?: RowSource | undefined;
  readonly method: string;
  readonly methodOptions?: Readonly<Record<string, unknown>> | undefined;
  /** What leaves rows out before the method sees them, in this order. */
  readonly filters?: readonly FilterChoice[] | undefined;
  /** Share of the pool that becomes the core subset, above 0 and up to 1; `auto` finds it in the scores. Left out: .43, and all of it with the method `full`. */
  readonly keep?: number | 'auto' | undefined;
  /** Whether the ranking says why each row is where it is; costs a forward pass over the pool. */
  readonly explain?: boolean | undefined;
  /** Ids of rows to explain in the result; implies `explain`. */
  readonly why?: readonly string[] | undefined;
  /** Whether those explanations hold the row's texts. */
  readonly showText?: boolean | undefined;
  /**
   * Bytes of the pool's texts, and as many of its tokens, that are kept in memory, 128 MiB if left out; the rest lies in files of TMPDIR meanwhile. It decides
   * nothing of the result.
   */
  readonly keptBytes?: number | undefined;
  /** Is given the pool as it was read, in the order of its file, before it is ranked: a row is made when the list is asked for it, since those of a large pool lie on disk. */
  readonly onPool?: ((rows: readonly AlignmentRow[]) => void) | undefined;
  /** Warnings about the rows that earlier selections of the same grid have given: none of them is given again, and new ones are added. */
  readonly saidOfRows?: Set<string> | undefined;
  /** Rows of one scoring batch; no more than there are rows in all files. */
  readonly batchSize?: number | undefined;
  /** Who makes the passes over the pool that can be divided; this process if left out. A run may go on with another. */
  readonly executor?: ExecutorChoice | undefined;
  /** Environment variables, for executors that need a token. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

export const SELECT_DEFAULTS = { ...STAGE_DEFAULTS, batchSize: 8 } as const;
