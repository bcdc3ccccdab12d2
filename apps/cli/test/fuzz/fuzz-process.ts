/*
 * Reads damaged files, one for each message, in a process that may be ended. argv: the seed, a folder to work in. A file is a function of the seed, its subject and
 * its number.
 */
import { PharmacistError, Random } from '@pharmacist/core';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { damage } from './damage.ts';
import { makeSubjects } from './subjects.ts';

export interface FuzzCase {
  subject: string;
  index: number;
}

export interface FuzzReply {
  /** Names of the subjects, in the first reply only. */
  subjects?: string[];
  outcome?: 'read' | 'refused' | 'raw error';
  /** What was thrown, in full where it is a fault. */
  error?: string;
  /** Most memory that this process has had, in bytes. */
  peakRssBytes: number;
}

const [, , seed, base] = process.argv as [string, string, string, string];
const random = new Random(seed);
// Each attempt has its own: one that was ended may have left something.
const folder = await mkdtemp(join(base, 'attempt-'));
const subjects = await makeSubjects(folder, seed);
let stray: unknown;
process.on('unhandledRejection', (error) => (stray ??= error));
process.on('uncaughtException', (error) => (stray ??= error));

async function readDamaged({ subject: name, index }: FuzzCase): Promise<FuzzReply> {
  const subject = subjects.find((candidate) => candidate.name === name)!;
  const stream = random.split(name, index);
  const file = subject.files[stream.integer(subject.files.length)]!;
  const dir = join(folder, 'case');
  await mkdir(dir);
  try {
    await subject.prepare?.(dir);
    await writeFile(join(dir, file.name), damage(file.bytes, subject.damages, stream));
    await subject.read(dir, file.name);
    return reply(stray === undefined ? 'read' : 'raw error', stray);
  } catch (error) {
    const isClear =
      stray === undefined && error instanceof PharmacistError && error.isUserError && error.where !== undefined && error.hint !== undefined;
    return reply(isClear ? 'refused' : 'raw error', stray ?? error);
  } finally {
    stray = undefined;
    await rm(dir, { recursive: true, force: true });
  }
}

function reply(outcome: NonNullable<FuzzReply['outcome']>, error?: unknown): FuzzReply {
  const described = error instanceof PharmacistError ? `${error.describe()}\n${error.stack}` : error instanceof Error ? error.stack : error;
  return { outcome, ...(error === undefined ? {} : { error: String(described) }), peakRssBytes: peak() };
}

const peak = (): number => process.resourceUsage().maxRSS * 1024;

process.on('message', (request: FuzzCase | 'end') => {
  if (request === 'end') process.exit();
  else void readDamaged(request).then((answer) => process.send!(answer));
});
process.send!({ subjects: subjects.map(({ name }) => name), peakRssBytes: peak() } satisfies FuzzReply);
