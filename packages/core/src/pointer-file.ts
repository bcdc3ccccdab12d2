/** Longest pointer that its specification allows is below 1024 bytes. */
const MAX_POINTER_BYTES = 1024;
const LFS_VERSION = 'version https://git-lfs.github.com/spec/v1';
const ANNEX_PATH = /^(?:\.\.\/)*(?:\.git)?\/annex\/objects\//;

/**
 * What a file is that stands for another one in a Git repository, `Git LFS` or `git-annex`; undefined for a file with contents of its own.
 * @param head its first bytes, as many as there are up to 1024 or more.
 */
export function pointerKindOf(head: Uint8Array): 'Git LFS' | 'git-annex' | undefined {
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.byteLength, MAX_POINTER_BYTES)).toString('latin1');
  if (text.startsWith(LFS_VERSION)) return 'Git LFS';
  return ANNEX_PATH.test(text) && text.trim().split('\n').length === 1 ? 'git-annex' : undefined;
}

/** How to get what a pointer stands for, as an instruction. */
export function pointerHint(kind: 'Git LFS' | 'git-annex'): string {
  return kind === 'Git LFS'
    ? 'fetch the contents: git lfs install, then git lfs pull in that repository (or download the file itself)'
    : 'fetch the contents: git annex get in that repository';
}
