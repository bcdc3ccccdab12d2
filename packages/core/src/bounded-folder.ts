import { readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';

export interface FolderBound {
  /** What the names of its files end in; others that lie there stay. */
  readonly ending: string;
  /** Most bytes that stay; what was used least recently goes first. */
  readonly maxBytes: number;
}

/**
 * Makes room in a folder of files that can all be made again. Other processes may do the same at this moment: a file that is gone is what
 * was wanted, and a folder that cannot be changed stays as it is.
 */
export async function makeRoomIn(dir: string, { ending, maxBytes }: FolderBound): Promise<void> {
  const names = (await readdir(dir).catch(() => [])).filter((name) => name.endsWith(ending));
  const files = await Promise.all(
    names.map(async (name) => {
      const path = join(dir, name);
      const { size, mtimeMs } = (await stat(path).catch(() => undefined)) ?? { size: 0, mtimeMs: 0 };
      return { path, size, mtimeMs };
    }),
  );
  let total = files.reduce((sum, { size }) => sum + size, 0);
  for (const { path, size } of files.sort((a, b) => a.mtimeMs - b.mtimeMs)) {
    if (total <= maxBytes) return;
    await rm(path, { force: true }).catch(() => undefined);
    total -= size;
  }
}

/** Says that a file of such a folder was used now; one that was removed meanwhile is none. */
export async function markUsed(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now).catch(() => undefined);
}
