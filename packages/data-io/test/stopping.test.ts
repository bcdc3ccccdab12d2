import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { InterruptedError } from '@pharmacist/core';
import { expect, it } from 'vitest';
import { readRows, streamRecords, writeParquet } from '../src/index.ts';
import { temporaryFolder } from './temporary-folder.ts';

const at = temporaryFolder();
const INDEX = fileURLToPath(new URL('../src/index.ts', import.meta.url));

/** Process ids of decoders whose parent is `pid`. */
function decodersOf(pid: number): string[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n');
  return lines.filter((line) => line.includes('decoder-process') && Number(line.trim().split(/\s+/)[1]) === pid);
}

const isRunning = (pid: string): boolean => {
  try {
    // A process that has ended and is not waited for yet is none any more.
    return !execFileSync('ps', ['-o', 'stat=', '-p', pid], { encoding: 'utf8' }).startsWith('Z');
  } catch {
    return false;
  }
};

/** What never comes about ends with the test's own time. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A file that takes seconds to decode. */
async function writeLong(name: string): Promise<string> {
  const values = Array.from({ length: 150_000 }, (_, i) => `text ${i} of many`);
  await writeParquet(
    at(name),
    [
      { name: 'prompt', type: 'string', values },
      { name: 'response', type: 'string', values },
    ],
    { rowGroupSize: values.length },
  );
  return at(name);
}

it('stops in the middle of a row group, and ends the process that decodes it', async () => {
  const path = await writeLong('long.parquet');
  const controller = new AbortController();
  const reading = readRows(path, { signal: controller.signal }).catch((error: unknown) => error);
  await until(() => decodersOf(process.pid).length > 0);
  const [decoder] = decodersOf(process.pid);
  controller.abort();
  expect(await reading).toBeInstanceOf(InterruptedError);
  await until(() => !isRunning(decoder!.trim().split(/\s+/)[0]!));
});

it('ends the process when the reader has had enough', async () => {
  const before = decodersOf(process.pid);
  for await (const { line } of streamRecords(await writeLong('enough.parquet'))) if (line === 3) break;
  await until(() => decodersOf(process.pid).every((line) => before.includes(line)));
});

it('leaves no process behind when its own is killed', async () => {
  const path = await writeLong('orphan.parquet');
  const code = `import { readRows } from ${JSON.stringify(INDEX)}; await readRows(${JSON.stringify(path)});`;
  await writeFile(at('reader.mts'), code);
  const loader = ['--conditions=@pharmacist/source', '--import', import.meta.resolve('@pharmacist/tooling/loader')];
  const child = spawn(process.execPath, [...loader, at('reader.mts')], { stdio: 'ignore' });
  await until(() => decodersOf(child.pid!).length > 0);
  const [decoder] = decodersOf(child.pid!);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await until(() => !isRunning(decoder!.trim().split(/\s+/)[0]!));
});
