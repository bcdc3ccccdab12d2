import { ConfigError } from '@pharmacist/core';
import { type DatasetLayout, DEFAULT_SUBSET, type SubsetDeclaration } from './dataset-layout.ts';

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
