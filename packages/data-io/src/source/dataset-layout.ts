import { DataError, type Registry } from '@pharmacist/core';
import { FORMATS } from '../formats/registry.ts';
import type { RowFormat } from '../formats/row-format.ts';
import { byCodeUnits, FileReaders } from './file-readers.ts';
import type { MatchPaths } from './match-paths.ts';

/** Files of each split of each subset ("config") of a data set, in the order of the Hub. */
export type DatasetLayout = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;

/** Of a data set that names no subsets. */
export const DEFAULT_SUBSET = 'default';

const SPLIT_WORDS = {
  train: ['train', 'training'],
  validation: ['validation', 'valid', 'dev', 'val'],
  test: ['test', 'testing', 'eval', 'evaluation'],
};
const SEPARATORS = '[-._ 0-9]';
const SHARD = '-[0-9][0-9][0-9][0-9][0-9]-of-[0-9][0-9][0-9][0-9][0-9]*.*';
const inFileName = (word: string) => [`**/${word}${SEPARATORS}*`, `**/*${SEPARATORS}${word}${SEPARATORS}*`];
const inFolderName = (word: string) => [
  `**/${word}/**`,
  `**/${word}${SEPARATORS}*/**`,
  `**/*${SEPARATORS}${word}/**`,
  `**/*${SEPARATORS}${word}${SEPARATORS}*/**`,
];

/** Patterns of the files of each split. */
type SplitPatterns = ReadonlyMap<string, readonly string[]>;

const patternsBy = (forms: (word: string) => string[]): SplitPatterns =>
  new Map(Object.entries(SPLIT_WORDS).map(([split, words]) => [split, words.flatMap(forms)]));
const DEFAULT_PATTERNS: readonly SplitPatterns[] = [patternsBy(inFolderName), patternsBy(inFileName), new Map([['train', ['**']]])];

/** A subset as the description of a data set declares it. */
export interface SubsetDeclaration {
  name: string;
  isDefault: boolean;
  /** Folder that its patterns start from; empty for the whole data set. */
  folder: string;
  /** Undefined if the customary patterns decide. */
  patterns: SplitPatterns | undefined;
}

/**
 * Which files are in which split, by the rule of the Hub and of `datasets.load_dataset`: what the description declares, else shards
 * `data/<split>-00000-of-00001.*`, else folders, else files named after a split, else all files are `train`. Of these, files of the commonest
 * format count.
 * @param paths all files, relative to the data set.
 * @param matchPaths from `loadPathMatcher`. @param formats whose files are rows, too, if their extension is none of the Hub's.
 * @throws {DataError} if no file of rows is among them.
 */
export function layoutOf(
  paths: readonly string[],
  declared: readonly SubsetDeclaration[],
  where: string,
  matchPaths: MatchPaths,
  formats: Registry<RowFormat> = FORMATS,
): DatasetLayout {
  const readers = new FileReaders(formats);
  const subsets = declared.length > 0 ? declared : [{ name: DEFAULT_SUBSET, isDefault: true, folder: '', patterns: undefined }];
  return new Map(
    subsets.map(({ name, folder, patterns }) => {
      const base = folder === '' ? '' : `${folder}/`;
      const inside = paths.filter((path) => path.startsWith(base)).map((path) => path.slice(base.length));
      const place = name === DEFAULT_SUBSET ? where : `${where} subset "${name}"`;
      const files = filesOfSplits(inside, patterns ?? customaryPatterns(inside, place, matchPaths), { where: place, matchPaths, readers });
      return [name, new Map([...files].map(([split, names]) => [split, names.map((path) => base + path)]))];
    }),
  );
}

/** The patterns that decide where the description declares none. @throws {DataError} if there is no file at all. */
function customaryPatterns(paths: readonly string[], where: string, matchPaths: MatchPaths): SplitPatterns {
  const shards = matchPaths(paths, `data/*${SHARD}`);
  if (shards.length > 0) {
    const splits = new Set(shards.map((path) => /([^/]*)-\d{5}-of-\d{5}/.exec(path)![1]!));
    const known = Object.keys(SPLIT_WORDS).filter((split) => splits.has(split));
    const others = [...splits].filter((split) => !known.includes(split)).toSorted(byCodeUnits);
    return new Map([...known, ...others].map((split) => [split, [`data/${split}${SHARD}`]]));
  }
  for (const patterns of DEFAULT_PATTERNS) {
    const found = [...patterns].filter(([, some]) => some.some((pattern) => matchPaths(paths, pattern).length > 0));
    if (found.length > 0) return new Map(found);
  }
  throw noRows(where);
}

function filesOfSplits(
  paths: readonly string[],
  patterns: SplitPatterns,
  { where, matchPaths, readers }: { where: string; matchPaths: MatchPaths; readers: FileReaders },
): Map<string, string[]> {
  const files = new Map<string, string[]>();
  for (const [split, some] of patterns) {
    const found = new Set(some.flatMap((pattern) => matchPaths(paths, pattern)).filter((path) => readers.read(path)));
    if (found.size > 0) files.set(split, [...found]);
  }
  const reader = readers.ofMost([...files.values()].flat());
  if (reader === undefined) throw noRows(where);
  if (!readers.giveRows(reader)) {
    throw new DataError(`holds files of ${reader === 'text' ? 'plain text' : reader}, not rows`, {
      where,
      hint: 'name a data set, or files in it, of JSONL, JSON, CSV, Parquet or Arrow',
    });
  }
  for (const [split, found] of files) {
    const rows = found.filter((path) => readers.read(path, reader));
    if (rows.length === 0) files.delete(split);
    else files.set(split, rows);
  }
  return files;
}

function noRows(where: string): DataError {
  return new DataError('holds no files of rows', {
    where,
    hint: 'name a place that has JSONL, JSON, CSV, Parquet or Arrow files, or the files themselves',
  });
}
