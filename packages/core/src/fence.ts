import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { SupersededError } from './errors.ts';

interface Fence {
  /** Lock file that this process took, and what it wrote there. */
  readonly path: string;
  readonly text: string;
}

/** Folders that this process holds the lock of. */
const fences = new Map<string, Fence>();

/** From here on what is written below `folder` is written only while the lock is this process's. */
export function raiseFence(folder: string, fence: Fence): void {
  fences.set(resolve(folder), fence);
}

export function lowerFence(folder: string): void {
  fences.delete(resolve(folder));
}

/**
 * A machine that was cut off and comes back does not know that its work was given to another: before each file is put in its place the lock is
 * read again. Between that and the renaming lie microseconds, and what would be written then is an earlier moment of the same work.
 * @throws {SupersededError} if `path` lies below a folder whose lock this process took and has no more.
 */
export async function assertFence(path: string): Promise<void> {
  if (fences.size === 0) return;
  for (let folder = dirname(resolve(path)); ; folder = dirname(folder)) {
    const fence = fences.get(folder);
    if (fence !== undefined && (await lockText(fence.path)) !== fence.text) {
      throw new SupersededError('another attempt has taken this run over; nothing more is written here', { where: folder });
    }
    if (folder === dirname(folder)) return;
  }
}

async function lockText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
