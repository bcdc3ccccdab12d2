import type { Reporter } from '@pharmacist/core';
import type { FieldMap } from '@pharmacist/data-io';
import type { EngineName } from '@pharmacist/tensor-kernels';

export interface SelectOptions {
  /** The pool to rank: a file, `-` for standard input, or hf://datasets/… */
  readonly alignment: string;
  /** Harmful prompts with harmful answers. */
  readonly harmful?: string | undefined;
  /** Trusted rows: harmful prompts with safe answers. */
  readonly validation?: string | undefined;
  /** Model directory or bundled name. */
  readonly model: string;
  readonly assetsDir: string;
  readonly method: string;
  readonly methodOptions?: Readonly<Record<string, unknown>>;
  /** Share of the pool that becomes the core subset, above 0 and up to 1. */
  readonly keep: number;
  readonly seed: number;
  /** Run directory. */
  readonly out: string;
  /** Prompt template by name. */
  readonly template?: string;
  /** Longest row in tokens; longer ones are cut. */
  readonly maxLength?: number;
  readonly batchSize?: number;
  readonly engine?: EngineName;
  readonly numThreads?: number | undefined;
  readonly map?: FieldMap | undefined;
  readonly skipInvalid?: boolean;
  readonly stdin?: NodeJS.ReadableStream | undefined;
  readonly reporter?: Reporter;
  readonly signal?: AbortSignal | undefined;
}

export const SELECT_DEFAULTS = { template: 'alpaca', maxLength: 256, batchSize: 8, engine: 'auto', skipInvalid: false } as const;
