import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FuzzReply } from './fuzz-process.ts';

export interface FuzzResult {
  /** Files by what came of them. */
  numRead: number;
  numRefused: number;
  /** Everything that should not be: `subject 12: what`. */
  faults: string[];
  peakRssBytes: number;
  slowest: { file: string; ms: number };
}

export interface FuzzOptions {
  /** Names of subjects. */
  only?: RegExp;
  /** Hears of each fault when it is found. */
  onFault?: (what: string) => void;
}

const MAX_MS = 20_000;
const START_MS = 120_000;
const MAX_RSS_BYTES = 2 ** 30;
const PROGRAM = fileURLToPath(new URL('fuzz-process.ts', import.meta.url));

/** Reads `numFiles` damaged files, the subjects in turn; each must be read or refused with a clear message, in bounded time and memory. */
export async function runFuzz(seed: string, numFiles: number, options: FuzzOptions = {}): Promise<FuzzResult> {
  const folder = await mkdtemp(join(tmpdir(), 'pharmacist-fuzz-'));
  try {
    return await fuzzIn(folder, seed, numFiles, options);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function fuzzIn(folder: string, seed: string, numFiles: number, { only, onFault }: FuzzOptions): Promise<FuzzResult> {
  const result: FuzzResult = { numRead: 0, numRefused: 0, faults: [], peakRssBytes: 0, slowest: { file: '', ms: 0 } };
  const fault = (what: string): void => {
    result.faults.push(what);
    onFault?.(what);
  };
  let { child, subjects } = await start(folder, seed);
  subjects = subjects.filter((name) => only === undefined || only.test(name));
  for (let i = 0; i < numFiles; i++) {
    const subject = subjects[i % subjects.length]!;
    const index = Math.floor(i / subjects.length);
    const file = `${subject} ${index}`;
    const startMs = performance.now();
    child.send({ subject, index });
    const answer = await replyOf(child);
    const ms = performance.now() - startMs;
    if (ms > result.slowest.ms) result.slowest = { file, ms };
    if (typeof answer === 'string') {
      fault(`${file}: ${answer}`);
      child.kill('SIGKILL');
      ({ child } = await start(folder, seed));
      continue;
    }
    if (answer.peakRssBytes > MAX_RSS_BYTES && result.peakRssBytes <= MAX_RSS_BYTES) fault(`${file}: took ${answer.peakRssBytes} bytes`);
    result.peakRssBytes = Math.max(result.peakRssBytes, answer.peakRssBytes);
    if (answer.outcome === 'read') result.numRead++;
    else if (answer.outcome === 'refused') result.numRefused++;
    else fault(`${file}: ${answer.error}`);
  }
  child.send('end');
  await once(child, 'exit');
  return result;
}

async function start(folder: string, seed: string): Promise<{ child: ChildProcess; subjects: string[] }> {
  const execArgv = ['--conditions=@pharmacist/source', '--import', import.meta.resolve('@pharmacist/tooling/loader')];
  const child = fork(PROGRAM, [seed, folder], { execArgv, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const ready = await replyOf(child, START_MS);
  if (typeof ready === 'string') throw new Error(`no fuzzing: ${ready}`);
  return { child, subjects: ready.subjects ?? [] };
}

/** The reply, or what came in its place. */
async function replyOf(child: ChildProcess, maxMs = MAX_MS): Promise<FuzzReply | string> {
  return await new Promise((resolve) => {
    const done = (answer: FuzzReply | string): void => {
      clearTimeout(timer);
      child.off('message', done).off('exit', onExit);
      resolve(answer);
    };
    const onExit = (code: number | null, signal: string | null): void => done(`the process ended with ${signal ?? code}`);
    const timer = setTimeout(() => done(`no answer after ${maxMs / 1000} s`), maxMs);
    child.on('message', done).on('exit', onExit);
  });
}
