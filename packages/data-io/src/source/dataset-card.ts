import { DataError } from '@pharmacist/core';
import type { SubsetDeclaration } from './dataset-layout.ts';

const HINT = 'correct `configs` in the README, or name the files themselves';

/**
 * The subsets that the description of a data set declares: `configs` in the YAML at the head of its README.
 * @throws {DataError} if they are not of the form that the Hub knows.
 */
export async function declaredSubsets(readme: string, where: string): Promise<SubsetDeclaration[]> {
  const front = /^\ufeff?---\r?\n([^]*?)\r?\n---\s*(?:\r?\n|$)/.exec(readme);
  if (front === null) return [];
  const { parse } = await import('yaml');
  let card: unknown;
  try {
    card = parse(front[1]!, { maxAliasCount: 100, logLevel: 'error' });
  } catch (error) {
    throw new DataError(`its README begins with YAML that is damaged (${(error as Error).message.split('\n')[0]})`, {
      where,
      hint: HINT,
      cause: error,
    });
  }
  const configs = isObject(card) ? card['configs'] : undefined;
  if (configs === undefined || configs === null) return [];
  if (!Array.isArray(configs)) throw new DataError('`configs` in its README is no list', { where, hint: HINT });
  return configs.map((config: unknown): SubsetDeclaration => {
    const { config_name: name, data_files: files, data_dir: folder = '', default: isDefault } = isObject(config) ? config : {};
    if (typeof name !== 'string' || typeof folder !== 'string')
      throw new DataError('an entry of `configs` in its README has no config_name', { where, hint: HINT });
    const patterns = files === undefined || files === null ? undefined : patternsOf(files);
    if (files !== undefined && files !== null && patterns === undefined)
      throw new DataError(`data_files of the subset "${name}" in its README is neither a pattern nor a list of them by split`, {
        where,
        hint: HINT,
      });
    return { name, isDefault: isDefault === true, folder: folder.replaceAll(/^(?:\.?\/)+|\/+$/g, ''), patterns };
  });
}

/** `data.csv`, `[a.csv, b.csv]` or `[{ split: train, path: data/train-* }, …]`. */
function patternsOf(files: unknown): Map<string, string[]> | undefined {
  const all = textsOf(files);
  if (all !== undefined) return new Map([['train', all]]);
  if (!Array.isArray(files)) return undefined;
  const patterns = new Map<string, string[]>();
  for (const entry of files as unknown[]) {
    const { split, path } = isObject(entry) ? entry : {};
    const texts = textsOf(path);
    if (typeof split !== 'string' || texts === undefined || patterns.has(split)) return undefined;
    patterns.set(split, texts);
  }
  return patterns;
}

function textsOf(value: unknown): string[] | undefined {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) && value.length > 0 && value.every((text) => typeof text === 'string') ? value : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
