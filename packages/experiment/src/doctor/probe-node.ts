import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { readText, writeFileAtomic } from '@pharmacist/core';
import { createEngine } from '@pharmacist/tensor-kernels';
import { versionsOfWork } from '../versions.ts';

/** File that the asking machine leaves in the shared folder. */
export const QUESTION = 'question';

/** What a machine says of itself. */
export interface NodeProbe {
  readonly host: string;
  /** Of Node, this program and the engine that `auto` takes, and the kind of machine. */
  readonly versions: Readonly<Record<string, string>>;
  /** What it read in the shared folder, and the file that it left there; null if it could not. */
  readonly question: string | null;
  readonly answerFile: string | null;
  readonly problem: string | null;
}

/** Asks this machine: what it computes with, and whether it can read and write the shared folder. @throws {EngineError} if none works. */
export async function probeNode(folder: string): Promise<NodeProbe> {
  const { engine } = await createEngine();
  const versions = versionsOfWork(engine);
  await engine.dispose();
  const host = hostname();
  try {
    const question = await readText(join(folder, QUESTION));
    const answerFile = `answer-${randomUUID()}`;
    await writeFileAtomic(join(folder, answerFile), question);
    return { host, versions, question, answerFile, problem: null };
  } catch (error) {
    return { host, versions, question: null, answerFile: null, problem: (error as Error).message };
  }
}
