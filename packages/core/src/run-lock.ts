import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { z } from 'zod';
import { asFileError } from './atomic-file.ts';
import { ConfigError, SupersededError } from './errors.ts';
import { lowerFence, raiseFence } from './fence.ts';
import { parseJson } from './json-text.ts';
import { makeFolder } from './make-folder.ts';

/** On whose behalf a process holds a lock, where several machines may be told to do the same work. */
export interface LockOwner {
  /** The same for every attempt at the same work. */
  readonly job: string;
  readonly task: string;
  /** Of the job's attempts. One of the same or a later order takes the lock from an earlier holder, wherever that is: whoever starts the work again knows that it is lost. */
  readonly order: number;
}

const ownerSchema = z.object({
  job: z.string(),
  task: z.string(),
  order: z.int().nonnegative(),
  /** How often the lock was taken for this task. */
  attempt: z.int().positive(),
});

const holderSchema = z.object({
  pid: z.int().positive(),
  host: z.string(),
  /** Tells a process from a later one with the same number; null where the system does not say. */
  processStart: z.string().nullable(),
  lockedAt: z.string(),
  owner: ownerSchema.optional(),
});
export type LockHolder = z.infer<typeof holderSchema>;

export interface LockOptions {
  readonly owner?: LockOwner | undefined;
  readonly takesOver?: boolean | undefined;
}

/**
 * Takes the lock file `path` of the state folder of a run, so that only one live process works in the run's directory. A lock whose process
 * is gone is taken over, and so is one that an earlier attempt at the same task holds, on whatever machine. From here on nothing is written
 * below the directory once the lock is somebody else's (`writeFileAtomic`).
 * @param options.takesOver takes it from a process on another machine, too, since somebody says that it is gone: what that one may still write is refused there.
 * @returns a function that releases the lock.
 * @throws {ConfigError} if a live process, this one included, or a process on another machine holds it.
 * @throws {SupersededError} if a later attempt at the same task holds it.
 */
export async function acquireLock(path: string, { owner, takesOver = false }: LockOptions = {}): Promise<() => Promise<void>> {
  const folder = dirname(dirname(path));
  let text: string;
  try {
    await makeFolder(dirname(path));
    const holder: LockHolder = {
      pid: process.pid,
      host: hostname(),
      processStart: await processStartOf(process.pid),
      lockedAt: new Date().toISOString(),
    };
    for (;;) {
      const found = await readLock(path);
      const earlier = found === undefined || owner === undefined ? undefined : earlierAttempt(found, owner, folder);
      text = JSON.stringify({ ...holder, ...(owner !== undefined && { owner: { ...owner, attempt: (earlier ?? 0) + 1 } }) });
      const replaces = earlier !== undefined || (takesOver && found !== undefined && isElsewhere(found));
      if (await tryTake(path, text, { replaces })) break;
      await removeStaleLock(path);
    }
  } catch (error) {
    throw asFileError(error, path, 'written');
  }
  raiseFence(folder, { path, text });
  return async () => {
    lowerFence(folder);
    if ((await readLock(path)) === text) await rm(path, { force: true });
  };
}

/** The holder of a run's lock, and whether it is at work: undefined where that cannot be seen from here. No lock: undefined. */
export async function lockHolder(path: string): Promise<{ holder: LockHolder; isAlive: boolean | undefined } | undefined> {
  const text = await readLock(path);
  const holder = text === undefined ? undefined : holderOf(text);
  if (holder === undefined) return undefined;
  if (holder.host !== hostname()) return { holder, isAlive: undefined };
  return { holder, isAlive: await isSameProcess(holder) };
}

/** Attempts up to the one that holds the lock, if that is one at the same task and not a later one. */
function earlierAttempt(text: string, { job, task, order }: LockOwner, folder: string): number | undefined {
  const found = holderOf(text);
  if (found?.owner?.job !== job || found.owner.task !== task) return undefined;
  if (found.owner.order > order) {
    throw new SupersededError(`a later attempt works on it (process ${found.pid} on "${found.host}" since ${found.lockedAt})`, {
      where: folder,
      details: { ...found },
    });
  }
  return found.owner.attempt;
}

function isElsewhere(text: string): boolean {
  const holder = holderOf(text);
  return holder !== undefined && holder.host !== hostname();
}

async function tryTake(path: string, text: string, { replaces }: { replaces: boolean }): Promise<boolean> {
  const neighbour = `${path}.${randomUUID()}`;
  await writeFile(neighbour, text, { flag: 'wx' });
  try {
    if (replaces) {
      // Of two that take it over the last one has it; the other finds that out at its first write.
      await rename(neighbour, path);
      return true;
    }
    // A hard link appears whole or not at all: no reader sees a lock without its holder.
    return await tryLink(neighbour, path);
  } finally {
    await rm(neighbour, { force: true });
  }
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
      hint: `wait for it; if that machine or process is gone, add --take-over to the command, or delete ${path}; or choose another --out`,
      details: { ...holder },
    });
  }
  if (!(await isSameProcess(holder))) return;
  throw new ConfigError(`is in use by another run (${since})`, {
    where: folder,
    hint: 'wait until that run ends, or choose another --out',
    details: { ...holder },
  });
}

/** Undefined for what no live process wrote: half a lock, or something else in its place. */
function holderOf(text: string): LockHolder | undefined {
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

/** Whether the holder, of this machine, is at work, and not a later process with its number. */
async function isSameProcess({ pid, processStart }: LockHolder): Promise<boolean> {
  return isAlive(pid) && (processStart === null || processStart === (await processStartOf(pid)));
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
