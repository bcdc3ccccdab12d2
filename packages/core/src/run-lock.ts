import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { z } from 'zod';
import { asFileError } from './atomic-file.ts';
import { ConfigError } from './errors.ts';
import { parseJson } from './json-text.ts';
import { makeFolder } from './make-folder.ts';

const holderSchema = z.object({
  pid: z.int().positive(),
  host: z.string(),
  /** Tells a process from a later one with the same number; null where the system does not say. */
  processStart: z.string().nullable(),
  lockedAt: z.string(),
});
type Holder = z.infer<typeof holderSchema>;

/**
 * Takes the lock file `path`, so that only one live process works in a directory. A lock whose process is gone is taken over.
 * @returns a function that releases the lock.
 * @throws {ConfigError} if a live process, this one included, or a process on another machine holds it.
 */
export async function acquireLock(path: string): Promise<() => Promise<void>> {
  const holder: Holder = {
    pid: process.pid,
    host: hostname(),
    processStart: await processStartOf(process.pid),
    lockedAt: new Date().toISOString(),
  };
  const text = JSON.stringify(holder);
  const neighbour = `${path}.${randomUUID()}`;
  try {
    await makeFolder(dirname(path));
    await writeFile(neighbour, text, { flag: 'wx' });
    try {
      // A hard link appears whole or not at all: no reader sees a lock without its holder.
      while (!(await tryLink(neighbour, path))) await removeStaleLock(path);
    } finally {
      await rm(neighbour, { force: true });
    }
  } catch (error) {
    throw asFileError(error, path, 'written');
  }
  return async () => {
    if ((await readLock(path)) === text) await rm(path, { force: true });
  };
}

/** True if `acquireLock` would refuse because someone holds the lock. */
export async function isLocked(path: string): Promise<boolean> {
  const text = await readLock(path);
  if (text === undefined) return false;
  return await assertStale(text, path).then(
    () => false,
    () => true,
  );
}

async function tryLink(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    // A file system without hard links: exclusive creation, the second best.
    return await writeFile(to, await readFile(from), { flag: 'wx' }).then(
      () => true,
      (failure: NodeJS.ErrnoException) => {
        if (failure.code === 'EEXIST') return false;
        throw failure;
      },
    );
  }
}

/** Moves a dead process's lock away; returns if the lock is gone by then. */
async function removeStaleLock(path: string): Promise<void> {
  const text = await readLock(path);
  if (text === undefined) return;
  await assertStale(text, path);
  const grave = `${path}.${randomUUID()}`;
  try {
    await rename(path, grave);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  // Between the look and the move another process may have taken the lock over: give it back.
  if ((await readLock(grave)) !== text) await tryLink(grave, path);
  await rm(grave, { force: true });
}

async function assertStale(text: string, path: string): Promise<void> {
  const holder = holderOf(text);
  if (holder === undefined) return;
  const folder = dirname(dirname(path));
  const since = `process ${holder.pid} since ${holder.lockedAt}`;
  if (holder.host !== hostname()) {
    throw new ConfigError(`is in use on machine "${holder.host}" (${since})`, {
      where: folder,
      hint: `wait for it, or delete ${path} if that process is gone, or choose another --out`,
      details: { ...holder },
    });
  }
  if (!isAlive(holder.pid)) return;
  if (holder.processStart !== null && holder.processStart !== (await processStartOf(holder.pid))) return;
  throw new ConfigError(`is in use by another run (${since})`, {
    where: folder,
    hint: 'wait until that run ends, or choose another --out',
    details: { ...holder },
  });
}

/** Undefined for what no live process wrote: half a lock, or something else in its place. */
function holderOf(text: string): Holder | undefined {
  try {
    return holderSchema.safeParse(parseJson(text)).data;
  } catch {
    return undefined;
  }
}

async function readLock(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Boot and start tick of a process on Linux; null elsewhere and for a process that is gone or was never collected by its parent. */
async function processStartOf(pid: number): Promise<string | null> {
  try {
    const [boot, stat] = await Promise.all([readFile('/proc/sys/kernel/random/boot_id', 'utf8'), readFile(`/proc/${pid}/stat`, 'utf8')]);
    // The command's name, in parentheses, may hold spaces; the state is the first field after it, the start tick the 20th.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : `${boot.trim()}:${fields[19]}`;
  } catch {
    return null;
  }
}
