import { isAbsolute, join, normalize, sep } from 'node:path';
import { DataError, FileError, pathExists, readJson } from '@pharmacist/core';
import { chooseSplit, type SplitChoice } from './choose-files.ts';

const STATE = 'state.json';
const DICT = 'dataset_dict.json';
const HINT = 'save the data set again (save_to_disk), or name its .arrow files';

/**
 * The Arrow files of a folder that `Dataset.save_to_disk` or `DatasetDict.save_to_disk` wrote, in the order of their rows; undefined for any
 * other folder.
 * @throws {DataError} if its description is damaged or leads out of the folder; {ConfigError} if it has several splits and none is chosen.
 */
export async function savedFiles(folder: string, choice: SplitChoice): Promise<string[] | undefined> {
  if (await pathExists(join(folder, DICT))) return await savedSplit(folder, choice);
  const state = join(folder, STATE);
  if (!(await pathExists(state))) return undefined;
  const description = await described(state);
  const { _data_files: files } = description;
  // A trainer's folder has a state.json too.
  if (files === undefined) return undefined;
  const indices = description['_indices_data_files'];
  if (Array.isArray(indices) && indices.length > 0) {
    throw new DataError('was saved with a list of the rows that count beside its files, which is not read', {
      where: folder,
      hint: 'in datasets call flatten_indices() before save_to_disk',
    });
  }
  if (!Array.isArray(files) || files.length === 0) throw new DataError('names no files of rows', { where: state, hint: HINT });
  return files.map((file: unknown) => {
    const name = (file as { filename?: unknown } | null)?.filename;
    if (typeof name !== 'string' || !staysInside(name))
      throw new DataError('names files that are not in its folder', { where: state, hint: HINT });
    return join(folder, name);
  });
}

async function savedSplit(folder: string, choice: SplitChoice): Promise<string[]> {
  const dict = join(folder, DICT);
  const { splits } = await described(dict);
  if (
    !Array.isArray(splits) ||
    splits.length === 0 ||
    !splits.every((name): name is string => typeof name === 'string' && staysInside(name))
  )
    throw new DataError('names no splits', { where: dict, hint: HINT });
  const inside = join(folder, chooseSplit(splits, choice.split, folder));
  const files = (await pathExists(join(inside, DICT))) ? undefined : await savedFiles(inside, {});
  if (files === undefined) throw new DataError(`has no ${STATE}: the split is not whole`, { where: inside, hint: HINT });
  return files;
}

async function described(path: string): Promise<Record<string, unknown>> {
  let value: unknown;
  try {
    value = await readJson(path);
  } catch (error) {
    if (!(error instanceof FileError) || error.details['code'] !== undefined) throw error;
    throw new DataError(error.message, { where: path, hint: HINT, cause: error });
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw new DataError('is no description of a data set', { where: path, hint: HINT });
  return value as Record<string, unknown>;
}

function staysInside(name: string): boolean {
  return name !== '' && !isAbsolute(name) && !normalize(name).split(sep).includes('..') && !name.includes('\\');
}
