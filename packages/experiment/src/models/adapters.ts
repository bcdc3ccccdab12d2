import { ModelError } from '@pharmacist/core';
import { type LanguageModel, type LoraAdapter, mergedHash, readAdapter } from '@pharmacist/language-model';
import { adapterDirectory } from '../assets.ts';
import type { StageOptions } from '../every-stage/options.ts';

/** Adapters as they are applied. */
export interface AdapterChain {
  /** As the user named them. */
  readonly names: readonly string[];
  readonly dirs: readonly string[];
}

/** Where adapters lie, those of the Hub downloaded. @throws {FileError} if one cannot be had. @throws {InterruptedError} */
export async function adapterChain(names: readonly string[], options: Pick<StageOptions, 'reporter' | 'signal'>): Promise<AdapterChain> {
  const dirs: string[] = [];
  for (const name of names) dirs.push(await adapterDirectory(name, options));
  return { names, dirs };
}

/**
 * Reads an adapter for a model.
 * @throws {ModelError} if it belongs to another base model, or to this one behind other adapters.
 */
export async function adapterFor(model: Pick<LanguageModel, 'config' | 'contentHash'>, dir: string): Promise<LoraAdapter> {
  const adapter = await readAdapter(dir, model.config);
  if (adapter.baseModelHash !== undefined && adapter.baseModelHash !== model.contentHash) {
    throw new ModelError('was trained on another base model, or behind other adapters', {
      where: dir,
      hint: 'name the model it was trained on, and every adapter before it, in order',
      details: { expected: adapter.baseModelHash, found: model.contentHash },
    });
  }
  return adapter;
}

/** The content hash of a model with adapters merged one after the other: it names the whole chain. Errors as for {@link adapterFor}. */
export async function hashOfChain({ config, contentHash }: LanguageModel, dirs: readonly string[]): Promise<string> {
  let known = contentHash;
  for (const dir of dirs) known = mergedHash(known, await adapterFor({ config, contentHash: known }, dir));
  return known;
}

/** Runs `work` with a model into which adapters are merged one after the other; what merging made is released afterwards. */
export async function withAdapters<T>(
  model: LanguageModel,
  dirs: readonly string[],
  work: (model: LanguageModel) => Promise<T>,
): Promise<T> {
  const [dir, ...rest] = dirs;
  if (dir === undefined) return await work(model);
  const merged = await model.merged(await adapterFor(model, dir));
  try {
    return await withAdapters(merged.model, rest, work);
  } finally {
    await merged.dispose();
  }
}
