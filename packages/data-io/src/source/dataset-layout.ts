import { ConfigError, DataError } from '@pharmacist/core';
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

/** What reads a file, by an extension of its name: only some of these hold rows. */
const READER_BY_EXTENSION: ReadonlyMap<string, string> = new Map(
  Object.entries({
    csv: 'csv',
    tsv: 'csv',
    json: 'json',
    jsonl: 'json',
    ndjson: 'json',
    parquet: 'parquet',
    geoparquet: 'parquet',
    gpq: 'parquet',
    arrow: 'arrow',
    txt: 'text',
    tar: 'webdataset',
    xml: 'xml',
    hdf5: 'hdf5',
    h5: 'hdf5',
    ...of('images', 'png jpg jpeg gif bmp webp tif tiff'),
    ...of('sounds', 'wav mp3 flac ogg opus'),
    ...of('videos', 'mp4 mkv avi mov webm'),
    pdf: 'documents',
  }),
);
const READERS_OF_ROWS = ['csv', 'json', 'parquet', 'arrow'];
/** Where as many files have one extension as another. */
const PREFERRED = ['parquet', 'arrow', 'jsonl', 'json', 'csv'];

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
 * @param matchPaths from `loadPathMatcher`.
 * @throws {DataError} if no file of rows is among them.
 */
export function layoutOf(
  paths: readonly string[],
  declared: readonly SubsetDeclaration[],
  where: string,
  matchPaths: MatchPaths,
): DatasetLayout {
  const subsets = declared.length > 0 ? declared : [{ name: DEFAULT_SUBSET, isDefault: true, folder: '', patterns: undefined }];
  return new Map(
    subsets.map(({ name, folder, patterns }) => {
      const base = folder === '' ? '' : `${folder}/`;
      const inside = paths.filter((path) => path.startsWith(base)).map((path) => path.slice(base.length));
      const place = name === DEFAULT_SUBSET ? where : `${where} subset "${name}"`;
      const files = filesOfSplits(inside, patterns ?? customaryPatterns(inside, place, matchPaths), place, matchPaths);
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

function filesOfSplits(paths: readonly string[], patterns: SplitPatterns, where: string, matchPaths: MatchPaths): Map<string, string[]> {
  const files = new Map<string, string[]>();
  for (const [split, some] of patterns) {
    const found = new Set(
      some
        .flatMap((pattern) => matchPaths(paths, pattern))
        .filter((path) => extensionsOf(path).some((extension) => READER_BY_EXTENSION.has(extension))),
    );
    if (found.size > 0) files.set(split, [...found]);
  }
  const reader = commonReader([...files.values()].flat());
  if (reader === undefined) throw noRows(where);
  if (!READERS_OF_ROWS.includes(reader)) {
    throw new DataError(`holds files of ${reader === 'text' ? 'plain text' : reader}, not rows`, {
      where,
      hint: 'name a data set, or files in it, of JSONL, JSON, CSV, Parquet or Arrow',
    });
  }
  for (const [split, found] of files) {
    const rows = found.filter((path) => extensionsOf(path).some((extension) => READER_BY_EXTENSION.get(extension) === reader));
    if (rows.length === 0) files.delete(split);
    else files.set(split, rows);
  }
  return files;
}

/** The reader of the commonest extension. */
function commonReader(paths: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const path of paths) for (const extension of extensionsOf(path)) counts.set(extension, (counts.get(extension) ?? 0) + 1);
  const rank = (extension: string) => (PREFERRED.includes(extension) ? PREFERRED.length - PREFERRED.indexOf(extension) : 0);
  const [first] = [...counts.entries()]
    .filter(([extension]) => READER_BY_EXTENSION.has(extension))
    .toSorted(([a, m], [b, n]) => n - m || rank(b) - rank(a) || byCodeUnits(b, a));
  return first === undefined ? undefined : READER_BY_EXTENSION.get(first[0]);
}

/** Every part of a file's name after a dot: `train.jsonl.gz` is of JSON Lines too. */
function extensionsOf(path: string): string[] {
  return path
    .slice(path.lastIndexOf('/') + 1)
    .toLowerCase()
    .split('.')
    .slice(1);
}

export interface SplitChoice {
  /** Subset ("config") of a data set that has several. */
  subset?: string;
  /** Split of a data set that has several. */
  split?: string;
}

/** The files of the split and subset that are asked for, or of the only ones. @throws {ConfigError} naming what there is to choose from. */
export function chosenFiles(
  layout: DatasetLayout,
  declared: readonly SubsetDeclaration[],
  { subset, split }: SplitChoice,
  where: string,
): readonly string[] {
  const names = [...layout.keys()];
  const usual =
    names.length === 1 ? names[0] : (declared.find(({ isDefault }) => isDefault)?.name ?? names.find((name) => name === DEFAULT_SUBSET));
  const name = pick('subset', subset ?? usual, names, where);
  const splits = layout.get(name)!;
  const place = names.length === 1 ? where : `${where} subset "${name}"`;
  return splits.get(chooseSplit([...splits.keys()], split, place))!;
}

/** The split that is asked for, or the only one. @throws {ConfigError} naming what there is to choose from. */
export function chooseSplit(splits: readonly string[], asked: string | undefined, where: string): string {
  return pick('split', asked ?? (splits.length === 1 ? splits[0] : undefined), splits, where);
}

function pick(what: 'subset' | 'split', asked: string | undefined, names: readonly string[], where: string): string {
  const known = names.join(', ');
  if (asked === undefined) throw new ConfigError(`has the ${what}s ${known}`, { where, hint: `choose one: --${what} ${names[0]}` });
  if (names.includes(asked)) return asked;
  throw new ConfigError(`has no ${what} "${asked}"; it has ${known}`, { where, hint: `choose one of these with --${what}` });
}

function noRows(where: string): DataError {
  return new DataError('holds no files of rows', {
    where,
    hint: 'name a place that has JSONL, JSON, CSV, Parquet or Arrow files, or the files themselves',
  });
}

function of(reader: string, extensions: string): Record<string, string> {
  return Object.fromEntries(extensions.split(' ').map((extension) => [extension, reader]));
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
