import type { Reporter, RunDirectory } from '@pharmacist/core';
import type { ParsedExecutor } from '@pharmacist/distributed';
import type { LanguageModel } from '@pharmacist/language-model';
import type { ShardMachine } from './shard-machine.ts';
import type { ShardStore } from './shard-store.ts';

/** Who gives parts of passes away, and to whom. */
export interface ShardGiver {
  readonly executor: ParsedExecutor;
  /** How this program is called. */
  readonly program: readonly string[];
  readonly run: RunDirectory;
  readonly store: ShardStore;
  /** What other processes are told of the store; undefined for the run's own folder. */
  readonly place?: string | undefined;
  /** Tells this run from others on the same engine. */
  readonly key: string;
  readonly machine: ShardMachine;
  /** The name that a model has for other processes, '' for the run's own; undefined if they cannot open it. */
  readonly nameOf: (model: LanguageModel) => string | undefined;
  readonly count: (kind: 'forward' | 'backward', batches: number, rows: number) => void;
  readonly reporter: Reporter;
  readonly signal: AbortSignal | undefined;
}
