import type { LockOwner, Reporter } from '@pharmacist/core';
import type { FieldMap } from '@pharmacist/data-io';
import type { Catalog } from '../catalog/catalog.ts';

/** What every stage of a comparison is told. */
export interface StageOptions {
  /** Model directory or bundled name. */
  readonly model: string;
  /** Whole number that every random draw comes from. */
  readonly seed: number;
  /** Run directory. */
  readonly out: string;
  /** Prompt template by name; `auto`, the default, is what suits the model. */
  readonly template?: string | undefined;
  /** Longest row in tokens; longer ones are cut. */
  readonly maxLength?: number | undefined;
  readonly engine?: string | undefined;
  readonly numThreads?: number | undefined;
  readonly numDevices?: number | undefined;
  /** Begin although the model, or a step with it, will not fit into the memory of this machine. */
  readonly allowLittleMemory?: boolean | undefined;
  /** Whether backward passes make the values of a block again instead of keeping them; `auto`, the default: where there is no room for them otherwise. */
  readonly recompute?: RecomputeChoice | undefined;
  readonly map?: FieldMap | undefined;
  /** Split and subset ("config") of data sets that have several. */
  readonly split?: string | undefined;
  readonly subset?: string | undefined;
  readonly skipInvalid?: boolean | undefined;
  /** The rows were read before, for the grid that this is a step of: what is left out of their prompts has been said, and how they are named is the grid's. */
  readonly isRowsChecked?: boolean | undefined;
  readonly stdin?: NodeJS.ReadableStream | undefined;
  /** Rows in hand, by names that may stand where files are named. */
  readonly inMemory?: ReadonlyMap<string, Uint8Array> | undefined;
  /** Where methods, filters, defenses, judges, tasks, row formats, engines and executors are looked up; what is built in if left out. */
  readonly catalog?: Catalog | undefined;
  /** On whose behalf, where several machines may be told to do this: a later attempt takes the directory over. */
  readonly owner?: LockOwner | undefined;
  /** The run's directory is taken from a process on another machine, since the user says that it is gone. */
  readonly takeOver?: boolean | undefined;
  readonly reporter?: Reporter | undefined;
  readonly signal?: AbortSignal | undefined;
}

export const RECOMPUTE_CHOICES = ['auto', 'on', 'off'] as const;
export type RecomputeChoice = (typeof RECOMPUTE_CHOICES)[number];

export const STAGE_DEFAULTS = { template: 'auto', maxLength: 256, engine: 'auto', recompute: 'auto', skipInvalid: false } as const;

/** Options that were given; an option left undefined must not hide its default. */
export function definedOnly<T extends object>(options: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
