import { isRepoName } from '../source/source-name.ts';

/** A model on the Hub. */
export interface ModelName {
  /** `owner/name`. */
  readonly repo: string;
  /** Branch, tag or commit; `main` if undefined. */
  readonly revision: string | undefined;
}

/** Reads `owner/name` and `owner/name@revision`, with `hf://` before it or not; undefined for anything else. */
export function parseModelName(text: string): ModelName | undefined {
  const plain = text.replace(/^hf:\/\/(?:models\/)?/, '');
  const at = plain.indexOf('@');
  const [repo, revision] = at < 0 ? [plain, undefined] : [plain.slice(0, at), plain.slice(at + 1)];
  return isRepoName(repo) && revision !== '' ? { repo, revision } : undefined;
}

export function formatModelName({ repo, revision }: ModelName): string {
  return revision === undefined ? repo : `${repo}@${revision}`;
}
