import { expect, it } from 'vitest';
import { pointerKindOf } from './pointer-file.ts';

const LFS = `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 123\n`;

it.each<[string, string | undefined]>([
  [LFS, 'Git LFS'],
  [LFS.replaceAll('\n', '\r\n'), 'Git LFS'],
  ['/annex/objects/SHA256E-s12--abc.jsonl\n', 'git-annex'],
  ['../.git/annex/objects/x1/y2/SHA256E-s12--abc.jsonl', 'git-annex'],
  ['', undefined],
  ['{"prompt":"version https://git-lfs.github.com/spec/v1"}', undefined],
  ['/annex/objects/ are paths\nof git-annex\n', undefined],
])('%j', (text, kind) => {
  expect(pointerKindOf(Buffer.from(text))).toBe(kind);
});
