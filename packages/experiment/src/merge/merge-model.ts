import type { Reporter } from '@pharmacist/core';
import { mergeCheckpoint, type MergedCheckpoint } from '@pharmacist/language-model';
import { modelDirectory } from '../assets.ts';
import { adapterChain } from '../models/adapters.ts';

export interface MergeModelOptions {
  /** Model directory or bundled name. */
  readonly model: string;
  /** In the order they are applied: folders, or names on the Hub. */
  readonly adapters: readonly string[];
  /** The folder that is made. */
  readonly out: string;
  readonly reporter?: Reporter;
  readonly signal?: AbortSignal | undefined;
}

/** Writes a model with adapters added to its weights. Errors as of `mergeCheckpoint`, and {ModelError} if there is no such model. */
export async function mergeModel({ model, adapters: names, out, ...options }: MergeModelOptions): Promise<MergedCheckpoint> {
  const { dirs: adapters } = await adapterChain(names, options);
  return await mergeCheckpoint(await modelDirectory(model, options), out, { ...options, adapters });
}
