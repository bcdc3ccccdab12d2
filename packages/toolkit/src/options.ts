import type { ProgressEvent } from '@pharmacist/core';
import type { Catalog, StageOptions } from '@pharmacist/experiment';
import type { Engine } from '@pharmacist/tensor-kernels';
import type { NameOr, OwnDefinition } from './chosen.ts';

/** Rows in hand, objects with a prompt and a response (and an id if they have one); or names of files, folders or data sets, as the command line takes them. */
export type Rows = string | readonly string[] | Iterable<object> | AsyncIterable<object>;

/** What every function takes beside its own options. Everything may be left out. */
export interface WorkOptions extends Pick<
  StageOptions,
  'template' | 'maxLength' | 'numThreads' | 'numDevices' | 'recompute' | 'map' | 'split' | 'subset' | 'skipInvalid' | 'signal'
> {
  /** Model directory or bundled name; `tiny` by default. */
  readonly model?: string | undefined;
  /** What computes: a name as `--engine` takes it, a definition, which is started and ended, or an engine of one's own, which stays open. */
  readonly engine?: NameOr<'engine'> | Engine | undefined;
  /** Row formats of one's own, in which files of rows may be; those of plugins are known without it. */
  readonly formats?: readonly OwnDefinition<'format'>[] | undefined;
  /** Whole number that every random draw comes from; 0 by default. */
  readonly seed?: number | undefined;
  /** Folder for the files that the command would write, in which a stopped run continues; without it nothing is left on the disk. */
  readonly out?: string | undefined;
  /** Modules whose definitions may be named, as `--plugin` takes them. */
  readonly plugins?: readonly string[] | undefined;
  /** Where names are looked up, with `plugins` behind it; what is built in by default. */
  readonly catalog?: Catalog | undefined;
  /** Hears of progress; the same events come from iterating over what the function returns. */
  readonly onProgress?: ((event: ProgressEvent) => void) | undefined;
  /** Hears of what the caller must know although the work goes on; also in the result. */
  readonly onWarning?: ((message: string) => void) | undefined;
  /** Hears of facts worth a line, such as which engine was taken. */
  readonly onInfo?: ((message: string) => void) | undefined;
}

/** What every result has. */
export interface WorkResult {
  readonly warnings: readonly string[];
  /** The folder of the files, if one was asked for. */
  readonly out: string | undefined;
}
