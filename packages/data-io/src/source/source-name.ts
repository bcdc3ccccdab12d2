import { ConfigError } from '@pharmacist/core';
import { isObjectName, type ObjectName, parseObjectName } from '../object-store/object-name.ts';

/** Files of rows for one use: one name, or several. */
export type RowSource = string | readonly string[];

/** A file, a folder or all of a data set on the Hub. */
export interface HubName {
  kind: 'hub';
  /** `owner/name`. */
  repo: string;
  revision: string | undefined;
  /** A file, a folder or a pattern; empty for the whole data set. */
  path: string;
}

/** What a name of rows stands for. */
export type SourceName =
  | { kind: 'stdin' }
  | { kind: 'url'; url: URL }
  | { kind: 'path'; path: string }
  | ({ kind: 'object' } & ObjectName)
  | HubName;

const HUB_PAGE = /^\/datasets\/([^/]+\/[^/]+?)(?:\/(?:resolve|blob|raw|tree)\/([^/]+)(?:\/(.*))?)?\/?$/;
const HUB_SOURCE = /^hf:\/\/datasets\/([^/@]+\/[^/@]+)(?:@([^/]+))?(?:\/(.*))?$/;

/**
 * Reads `-`, a path, a web address, `s3://bucket/key`, or `hf://datasets/owner/name@revision/path` with revision and path optional. The address of a page of the
 * Hub is what that page shows.
 * @param endpoint gives the address of the Hub.
 * @throws {ConfigError} for another form of `hf://`, of `s3://` or of address.
 */
export function parseSourceName(source: string, endpoint: () => string): SourceName {
  if (source === '-') return { kind: 'stdin' };
  if (source.trim() === '' || source.includes('\0')) {
    throw new ConfigError('is not a name of rows', {
      where: JSON.stringify(source),
      hint: 'name a file, a folder, an address or a data set on the Hub',
    });
  }
  if (/^hf:/i.test(source)) {
    const match = HUB_SOURCE.exec(source);
    if (match === null) {
      throw new ConfigError('is not a data set on the Hub', {
        where: source,
        hint: 'write hf://datasets/<owner>/<name>, and /<file> for one of its files',
      });
    }
    return hubName(match, source);
  }
  if (/^https?:/i.test(source)) {
    if (!URL.canParse(source)) throw new ConfigError('is not an address', { where: source, hint: 'write https://host/path/file.jsonl' });
    const url = new URL(source);
    const page = url.origin === new URL(endpoint()).origin ? HUB_PAGE.exec(url.pathname) : null;
    return page === null ? { kind: 'url', url } : hubName(page, source, true);
  }
  if (isObjectName(source)) return { kind: 'object', ...parseObjectName(source) };
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(source)?.[1];
  if (scheme !== undefined) {
    throw new ConfigError(`"${scheme}://" is not a place that rows are read from`, {
      where: source,
      hint: 'name a path, an https:// address, s3://<bucket>/<key> or hf://datasets/<owner>/<name>; other places through a pipe and `-`',
    });
  }
  return { kind: 'path', path: source };
}

/** A name of the Hub's form `owner/name` that does not look like a file. */
export function isRepoName(source: string): boolean {
  return /^[A-Za-z0-9][\w.-]{0,95}\/[A-Za-z0-9][\w.-]{0,95}$/.test(source) && !/--|\.\./.test(source);
}

/** Whether a name is a pattern rather than a path. */
export function isPattern(name: string): boolean {
  return /[*?[]/.test(name);
}

export function formatHubName({ repo, revision, path }: Omit<HubName, 'kind'>): string {
  return `hf://datasets/${repo}${revision === undefined ? '' : `@${encodeURIComponent(revision)}`}${path === '' ? '' : `/${path}`}`;
}

/** The name for messages and records: without what an address carries beside its path, which may be a secret. */
export function labelOf(source: string): string {
  if (source === '-') return 'standard input';
  if (!/^https?:/i.test(source) || !URL.canParse(source)) return source;
  const { origin, pathname } = new URL(source);
  return `${origin}${pathname}`;
}

/** Several names as one, for messages and records. */
export function labelOfAll(source: RowSource): string {
  return sourcesOf(source).map(labelOf).join(', ');
}

export function sourcesOf(source: RowSource): readonly string[] {
  return typeof source === 'string' ? [source] : source;
}

/** @param isAddress whether the path is encoded as in an address; in `hf://` it is as it is, the revision excepted. */
function hubName([, repo, revision, path = '']: RegExpExecArray, source: string, isAddress = false): HubName {
  try {
    const plain = isAddress ? decodeURIComponent(path) : path;
    return {
      kind: 'hub',
      repo: repo!,
      revision: revision === undefined ? undefined : decodeURIComponent(revision),
      path: plain.replace(/\/$/, ''),
    };
  } catch {
    throw new ConfigError('has a % that begins no character', { where: source, hint: 'write %25 for the character %' });
  }
}
