import { join, sep } from 'node:path';
import { bundledPath } from '@pharmacist/bundled';
import { ConfigError } from '@pharmacist/core';
import type { RowSource, SplitChoice } from '@pharmacist/data-io';

const SCHEME = 'bundled:';

/** The split and subset that a configuration chooses. */
export function splitChoiceOf({ split, subset }: { split?: string | undefined; subset?: string | undefined }): SplitChoice {
  return { ...(split !== undefined && { split }), ...(subset !== undefined && { subset }) };
}

/**
 * Paths of row files: `bundled:demo/alignment.jsonl` is one that ships with the program, anything else stands for itself.
 * @throws {ConfigError} if a bundled name leads out of the bundled data.
 */
export function dataSource(source: RowSource): RowSource {
  return typeof source === 'string' ? dataPath(source) : source.map(dataPath);
}

function dataPath(source: string): string {
  if (!source.startsWith(SCHEME)) return source;
  const root = bundledPath('data');
  const path = join(root, source.slice(SCHEME.length));
  if (path.startsWith(root + sep)) return path;
  throw new ConfigError('leads out of the bundled data', {
    where: source,
    hint: 'name a file below it, for instance bundled:demo/alignment.jsonl',
  });
}
