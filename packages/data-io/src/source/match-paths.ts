// A glob matcher of our own would be a page of code; this one is what the package managers use, without dependencies.
const OPTIONS = { dot: true, nobrace: true, noextglob: true, nonegate: true, strictSlashes: true } as const;
/** Descriptions of a data set, not data. */
const DESCRIPTIONS = ['README.md', 'config.json', 'dataset_info.json', 'dataset_infos.json', 'dummy_data.zip', 'dataset_dict.json'];

/** The paths that a pattern matches, sorted. */
export type MatchPaths = (paths: readonly string[], pattern: string) => string[];

/**
 * Matches as the Hub does: `*` and `?` stay in a folder, `**` crosses them, `[…]` is a class. Hidden files and folders, folders that begin
 * with `__` and descriptions count only where the pattern names them.
 */
export async function loadPathMatcher(): Promise<MatchPaths> {
  const { default: picomatch } = await import('picomatch');
  return (paths, pattern) => {
    const plain = pattern.replace(/^\.\//, '');
    const matches = picomatch(plain, OPTIONS);
    const patternName = nameOf(plain);
    const isWanted = (path: string): boolean => {
      if (DESCRIPTIONS.includes(nameOf(path)) && nameOf(path) !== patternName) return false;
      return matches(path) && numHidden(path) === numHidden(plain) && numSpecial(path) === numSpecial(plain);
    };
    return paths.filter(isWanted).toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  };
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function numHidden(path: string): number {
  return path.split('/').filter((part) => part.startsWith('.') && !/^\.+$/.test(part)).length;
}

function numSpecial(path: string): number {
  return path
    .split('/')
    .slice(0, -1)
    .filter((part) => part.startsWith('__')).length;
}
