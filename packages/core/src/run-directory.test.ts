import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pathExists, readJson, writeFileAtomic } from './atomic-file.ts';
import { ConfigError, InterruptedError, type PharmacistError } from './errors.ts';
import { sha256 } from './hash.ts';
import { silentReporter } from './progress.ts';
import { openRunDirectory, type RunDirectoryOptions } from './run-directory.ts';
import { runRecordSchema } from './run-record.ts';
import { writeStateFile } from './state-file.ts';
import { Stopwatch } from './stopwatch.ts';

let root: string;
let options: RunDirectoryOptions;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'pharmacist-run-'));
  options = {
    path: join(root, 'out'),
    command: 'select',
    config: { seed: 7, method: { name: 'pharmacist', rounds: 3 }, keep: 0.43 },
    inputs: [{ role: 'alignment', source: 'pool.jsonl', sha256: sha256('pool'), bytes: 4, numRead: 10, numSkipped: 1 }],
    versions: { node: '20.20.0' },
    resultFiles: ['core.jsonl'],
  };
});

afterEach(() => rm(root, { recursive: true, force: true }));

const fault = (promise: Promise<unknown>): Promise<PharmacistError> =>
  promise.then(
    () => expect.fail('no error'),
    (error: PharmacistError) => error,
  );

/** A small command of two checkpointed steps; `stopAfter` leaves it as a kill would, without a word. */
async function select(stopAfter = Infinity) {
  const run = await openRunDirectory(options);
  const state = (await run.loadState('scores')) ?? { meta: { step: 0 }, arrays: { scores: new Float32Array(3) } };
  for (let step = state.meta['step'] as number; step < 3; step++) {
    await run.phase('score', () => {
      state.arrays['scores']![step] = (step + 1) / 4;
      run.count('forward', 10);
      run.note('lastStep', step);
    });
    if (step === stopAfter) return run.close(); // the step's work is lost, only the checkpoint before it stays
    await run.saveState('scores', { meta: { step: step + 1 }, arrays: state.arrays });
  }
  await writeFileAtomic(run.file('core.jsonl'), [...state.arrays['scores']!].join('\n'));
  return run.complete({ numKept: 3 });
}

describe('a new run', () => {
  it('writes a running record, then a final one with the hashes of its results', async () => {
    const run = await openRunDirectory({ ...options, engine: { name: 'onnx', provider: 'cpu' } });
    expect(await readJson(join(options.path, 'run.json'))).toMatchObject({ status: 'running', command: 'select', seed: 7, results: [] });
    expect(run.isComplete).toBe(false);
    await run.phase('score', () => run.count('forward', 5));
    run.count('forward', 7);
    run.setInputCounts('alignment', { numTruncated: 2 });
    await writeFileAtomic(run.file('core.jsonl'), 'rows\n');
    await run.complete({ numKept: 1 });

    const record = runRecordSchema.parse(await readJson(join(options.path, 'run.json')));
    expect(record).toMatchObject({
      formatVersion: 1,
      status: 'done',
      config: options.config,
      versions: { node: '20.20.0' },
      engine: { name: 'onnx', provider: 'cpu' },
      inputs: [{ role: 'alignment', sha256: sha256('pool'), numRead: 10, numSkipped: 1, numTruncated: 2 }],
      counts: { rowsRead: 10, rowsSkipped: 1, rowsTruncated: 2 },
      passes: { forward: 12 },
      summary: { numKept: 1 },
      results: [{ path: 'core.jsonl', bytes: 5, sha256: sha256('rows\n') }],
      timing: { attempts: 1 },
    });
    expect(record.timing.phases['score']).toBeGreaterThanOrEqual(0);
    expect(record.timing.wallSeconds).toBeGreaterThanOrEqual(record.timing.phases['score']!);
    expect(record.timing.peakRssBytes).toBeGreaterThan(20e6);
    expect((await readdir(options.path)).sort()).toEqual(['core.jsonl', 'run.json']);
  });

  it('takes an empty folder, and a folder that a run left when it was killed before its first record', async () => {
    await mkdir(join(options.path, '.state'), { recursive: true });
    await writeFile(join(options.path, '.run.json.0f8fad5b-d9cb-469f-a165-70867728950e.partial'), '{"form');
    const run = await openRunDirectory(options);
    expect((await readdir(options.path)).sort()).toEqual(['.state', 'run.json']);
    await run.close();
  });

  it.each(['s3://bucket/out', 'https://example.org/out'])('is not begun at an address: %s', async (path) => {
    expect(await fault(openRunDirectory({ ...options, path }))).toMatchObject({ code: 'E_CONFIG', where: path });
    expect(await pathExists(path.split('//')[0]!)).toBe(false);
  });

  it('does not end without its results', async () => {
    const run = await openRunDirectory(options);
    expect((await fault(run.complete())).describe()).toContain('core.jsonl: the run ends without this result');
    await run.close();
  });
});

describe('the same command again', () => {
  it('continues a stopped run to the record of one that was never stopped, times apart', async () => {
    const { timing: _, ...whole } = (await select())!;
    const wholeBytes = await readFile(join(options.path, 'core.jsonl'), 'utf8');
    options.path = join(root, 'stopped');
    await select(0);
    await select(1);
    const { timing, ...continued } = (await select())!;
    expect(continued).toEqual(whole);
    expect(continued.passes).toEqual({ forward: 30 });
    expect(await readFile(join(options.path, 'core.jsonl'), 'utf8')).toBe(wholeBytes);
    expect(timing.attempts).toBe(3);
  });

  it("counts its time from the command's beginning, and what came before it opened as phases", async () => {
    const wait = async (ms: number) => await new Promise((resolve) => setTimeout(resolve, ms));
    const begin = async () => {
      const stopwatch = new Stopwatch();
      await wait(30);
      stopwatch.lap('read');
      await wait(20);
      stopwatch.lap('load');
      await wait(20);
      stopwatch.lap('read');
      return { stopwatch, run: await openRunDirectory({ ...options, stopwatch }) };
    };
    const { stopwatch, run: first } = await begin();
    expect(first.record.timing.startedAt).toBe(stopwatch.startedAt);
    await first.fail(new InterruptedError());
    const { run: second } = await begin();
    await writeFileAtomic(second.file('core.jsonl'), 'rows\n');
    const { timing } = await second.complete();
    expect(timing.startedAt).toBe(stopwatch.startedAt);
    // Timers may fire a millisecond early.
    expect(timing.phases['read']).toBeGreaterThan(2 * 0.047);
    expect(timing.phases['load']).toBeGreaterThan(2 * 0.018);
    expect(timing.wallSeconds).toBeGreaterThanOrEqual(timing.phases['read']! + timing.phases['load']!);
    const { run: again } = await begin();
    expect(again.record.timing).toEqual(timing);
  });

  it('adds phase times over the attempts', async () => {
    const wait = () => new Promise((resolve) => setTimeout(resolve, 30));
    const first = await openRunDirectory(options);
    await first.phase('train', wait);
    await first.fail(new InterruptedError());
    expect(await readJson(join(options.path, 'run.json'))).toMatchObject({ status: 'failed', error: { code: 'E_INTERRUPTED' } });
    const second = await openRunDirectory(options);
    await second.phase('train', wait);
    expect(second.record.timing.phases['train']).toBeGreaterThan(0.055);
    expect(second.record).toMatchObject({ status: 'running', timing: { attempts: 2 } });
    expect(second.record).not.toHaveProperty('error');
    await second.close();
  });

  it('finds a finished run complete and leaves it untouched, checkpoints of a late kill removed', async () => {
    await select();
    await mkdir(join(options.path, '.state'));
    const before = await readFile(join(options.path, 'run.json'), 'utf8');
    const again = await openRunDirectory(options);
    expect(again.isComplete).toBe(true);
    await expect(again.complete()).rejects.toThrow('complete or closed');
    await again.close();
    expect(await readFile(join(options.path, 'run.json'), 'utf8')).toBe(before);
    expect((await readdir(options.path)).sort()).toEqual(['core.jsonl', 'run.json']);
  });

  it.each(['changed', 'missing'])('does a finished run again when a result is %s', async (damage) => {
    await select();
    const file = join(options.path, 'core.jsonl');
    await (damage === 'missing' ? rm(file) : writeFile(file, 'other'));
    const again = await openRunDirectory(options);
    expect(again.isComplete).toBe(false);
    expect(again.record.passes).toEqual({});
    await again.close();
  });

  it('does the work of a checkpoint again that is another one, or of another kind', async () => {
    const run = await openRunDirectory(options);
    await run.saveState('scores', { meta: { step: 1 }, arrays: {} });
    const file = (name: string) => join(run.stateDir, `${name}.state`);
    await writeFile(file('other'), await readFile(file('scores')));
    await writeStateFile(file('plain'), { meta: { step: 1 }, arrays: {} });
    await run.close();
    const warnings: string[] = [];
    const again = await openRunDirectory({ ...options, reporter: { ...silentReporter, warn: (message) => warnings.push(message) } });
    expect((await again.loadState('scores'))?.meta).toEqual({ step: 1 });
    for (const name of ['other', 'plain']) expect(await again.loadState(name)).toBeUndefined();
    expect(warnings).toEqual(['other', 'plain'].map((name) => `the checkpoint ${file(name)} is damaged; its work is done again`));
    await again.close();
  });

  it('warns about a damaged checkpoint and about other versions, and goes on', async () => {
    await select(1);
    await writeFile(join(options.path, '.state', 'scores.state'), 'pharmst1 and then nonsense of sufficient length, all of it');
    const warnings: string[] = [];
    options.versions = { node: '22.12.0' };
    const run = await openRunDirectory({ ...options, reporter: { ...silentReporter, warn: (message) => warnings.push(message) } });
    expect(await run.loadState('scores')).toBeUndefined();
    expect(await run.loadState('never-written')).toBeUndefined();
    expect(warnings).toEqual([
      expect.stringContaining('node: "20.20.0" → "22.12.0"'),
      expect.stringContaining('scores.state is damaged; its work is done again'),
    ]);
    await run.close();
  });

  it('accepts an input that was moved', async () => {
    await select(0);
    options.inputs = [{ ...options.inputs[0]!, source: 'elsewhere/pool.jsonl' }];
    const run = await openRunDirectory(options);
    expect(run.record.inputs[0]!.source).toBe('elsewhere/pool.jsonl');
    await run.close();
  });
});

describe('a directory that is not this run', () => {
  it('lists every differing field of configuration and inputs, old and new, and writes nothing', async () => {
    await select();
    const before = await readFile(join(options.path, 'run.json'), 'utf8');
    options.config = { seed: 8, method: { name: 'pharmacist', rounds: 4, mu: 0.1 }, keep: 0.43 };
    options.inputs = [{ role: 'alignment', source: 'pool.jsonl', sha256: 'ff' }];
    const error = await fault(openRunDirectory(options));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.describe().split('\n')).toEqual([
      `E_CONFIG ${options.path}: holds another run; it differs in`,
      '  config.seed: 7 → 8',
      '  config.method.rounds: 3 → 4',
      '  config.method.mu: (absent) → 0.1',
      `  inputs.alignment[0]: "${sha256('pool')}" → "ff"`,
      'Fix: choose another --out, or repeat the command of that run to continue it',
    ]);
    expect(await readFile(join(options.path, 'run.json'), 'utf8')).toBe(before);
    expect((await fault(openRunDirectory({ ...options, command: 'align' }))).message).toContain('command: "select" → "align"');
  });

  it('refuses a file, and folders with anything else, untouched', async () => {
    await writeFile(join(root, 'file'), 'x');
    expect((await fault(openRunDirectory({ ...options, path: join(root, 'file') }))).describe()).toBe(
      `E_CONFIG ${join(root, 'file')}: is a file; a run needs a folder. Fix: choose another --out`,
    );
    await mkdir(join(root, 'thesis/.state'), { recursive: true });
    await writeFile(join(root, 'thesis/.state/theirs'), 'x');
    expect((await fault(openRunDirectory({ ...options, path: join(root, 'thesis') }))).message).toBe(
      "holds files that are not a run's (.state)",
    );
    await writeFile(join(root, 'thesis/chapter.md'), 'x');
    expect((await fault(openRunDirectory({ ...options, path: join(root, 'thesis') }))).message).toContain('(chapter.md');
    expect((await readdir(join(root, 'thesis'))).sort()).toEqual(['.state', 'chapter.md']);
  });

  it.each([
    ['a file', 'rows.jsonl', 'rows.jsonl'],
    ['a file in a folder', 'data', 'data/rows.jsonl'],
    ['a file of a folder that was named', 'rows.jsonl', '.'],
  ])('does not advise to empty a folder that holds what it reads: %s', async (_, name, source) => {
    const path = join(root, 'mine');
    await mkdir(join(path, 'data'), { recursive: true });
    if (name !== 'data') await rm(join(path, 'data'), { recursive: true });
    await writeFile(join(path, name === 'data' ? 'data/rows.jsonl' : name), 'x');
    const files = [{ source: join(path, 'rows.jsonl'), sha256: 'ff', bytes: 1 }];
    const inputs = [{ role: 'alignment', source: join(path, source), sha256: 'ff', ...(source === '.' && { files }) }];
    expect((await fault(openRunDirectory({ ...options, path, inputs }))).describe()).toBe(
      `E_CONFIG ${path}: holds what this run reads (${name}), and a run needs a folder of its own. ` +
        `Fix: choose another --out, for instance ${join(path, 'run')}`,
    );
  });

  it('refuses a name that reached it changed, since its bytes were not UTF-8', async () => {
    const path = join(root, 'r\ufffds');
    expect((await fault(openRunDirectory({ ...options, path }))).message).toBe('has a name that is not UTF-8 text');
    expect(await readdir(root)).toEqual([]);
  });

  it.each([
    ['{"formatVersion":2}', 'has format 2, this version writes 1'],
    ['{"formatVersion":1,"command":3}', 'is not a run record: command: '],
    ['[]', 'is not a run record'],
    ['null', 'is not a run record'],
    ['"text"', 'is not a run record'],
    ['{"form', 'is not valid JSON'],
    ['['.repeat(100_000) + ']'.repeat(100_000), 'nested deeper than 500'],
  ])('refuses a run.json that reads %s', async (text, message) => {
    await mkdir(options.path);
    await writeFile(join(options.path, 'run.json'), text);
    const error = await fault(openRunDirectory(options));
    expect(error.message).toContain(message);
    expect(error.where).toBe(join(options.path, 'run.json'));
    expect(await readdir(options.path)).toEqual(['run.json']);
  });

  it('names the folder that is a file in a deeper path', async () => {
    await writeFile(join(root, 'file'), 'x');
    const error = await fault(openRunDirectory({ ...options, path: join(root, 'file', 'deeper') }));
    expect(error.describe()).toContain('a part of the path is a file, not a folder');
  });
});

describe('the lock', () => {
  it('keeps a second run out of a directory in use, and lets it in afterwards', async () => {
    const first = await openRunDirectory(options);
    const error = await fault(openRunDirectory(options));
    expect(error.describe()).toContain(`is in use by another run (process ${process.pid} since `);
    await first.close();
    await first.close();
    await expect(first.phase('score', () => 0)).rejects.toThrow('closed');
    await (await openRunDirectory(options)).close();
  });

  it('lets exactly one of many openers in', async () => {
    const opened = await Promise.allSettled(Array.from({ length: 8 }, () => openRunDirectory(options)));
    const runs = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    expect(runs).toHaveLength(1);
    for (const result of opened) if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(ConfigError);
    await runs[0]!.close();
  });

  it('refuses a lock of another machine and says which file to delete', async () => {
    await (await openRunDirectory(options)).close();
    const lock = join(options.path, '.state', 'lock');
    await writeFile(lock, JSON.stringify({ pid: 1, host: 'another.example', processStart: null, lockedAt: '2026-01-01T00:00:00Z' }));
    const error = await fault(openRunDirectory(options));
    expect(error.message).toContain('in use on machine "another.example"');
    expect(error.hint).toContain(`delete ${lock}`);
  });

  it.each([
    ['half a lock', '{"pid":'],
    ['null', 'null'],
    ['a list', '[]'],
    ['a text', '"lock"'],
    ['an object of another kind', '{}'],
    ['brackets without end', '['.repeat(100_000)],
    ['a process of a number that there is none of', { pid: 0 }],
    ['a time that is no text', { pid: process.pid, lockedAt: {} }],
    ['a process that is gone', { pid: 2 ** 22 + 1 }],
    ['an earlier process with this number', { pid: process.pid, processStart: 'another boot:1' }],
  ])('takes over a lock of %s', async (_, lock) => {
    const holder = (await import('node:os')).hostname();
    await (await openRunDirectory(options)).close();
    const text = typeof lock === 'string' ? lock : JSON.stringify({ host: holder, processStart: null, lockedAt: '', ...lock });
    await writeFile(join(options.path, '.state', 'lock'), text);
    const run = await openRunDirectory(options);
    expect(await readdir(run.stateDir)).toEqual(['lock']);
    await run.close();
    expect(await pathExists(join(options.path, '.state', 'lock'))).toBe(false);
  });

  it('is held by another process until that is killed', async () => {
    await mkdir(options.path);
    const held = await openRunDirectory(options);
    const lock = JSON.parse(await readFile(join(held.stateDir, 'lock'), 'utf8')) as Record<string, unknown>;
    await held.close();
    // Another process holds the lock until it is killed.
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000); process.stdout.write("up")'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout!, 'data');
    await writeFile(join(held.stateDir, 'lock'), JSON.stringify({ ...lock, pid: child.pid, processStart: null }));
    expect((await fault(openRunDirectory(options))).message).toContain(`process ${child.pid}`);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await (await openRunDirectory(options)).close();
  });
});
