import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Random } from '@pharmacist/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCli } from './support/run-cli.ts';
import { createScene, type Scene } from './support/scene.ts';

/** `KILL_SEED=7 pnpm exec turbo run test:kills` kills at the same moments, as far as the machine does the same again. */
const seed = Number(process.env['KILL_SEED'] ?? 1);
/** Kills of one directory before it may end. */
const KILLS_EACH = 4;

const LENGTH = ['--model', 'model', '--max-length', '96'];
const ROWS = ['--alignment', 'pool.jsonl', '--harmful', 'harmful.jsonl', '--validation', 'trusted.jsonl'];
const BILEVEL = [
  '--method',
  'bilevel',
  ...['checkpoints=[0,6,12]', 'harmfulRows=8', 'trainBatchSize=8'].flatMap((value) => ['--set', value]),
];
const GRID = `
name: grid
model: model
maxLength: 160
data:
  alignment: pool.jsonl
  harmful: harmful.jsonl
  attackHarmful: small/attack-harmful.jsonl
  task: { train: small/task-train.jsonl, test: small/task-test.jsonl }
  harmfulPrompts: small/harmful-prompts.jsonl
selection: { methods: [random, perplexity], keep: [0.4] }
alignment: { defenses: [sft], length: { steps: 3 }, batchSize: 4, lora: { rank: 2 } }
attack: { poisonRatios: [0.2], samples: 10, length: { steps: 3 }, batchSize: 4, lora: { rank: 2 } }
evaluation: { maxNewTokens: 6 }
`;
const PROMPTS = ['harmful-prompts', 'overrefusal-prompts', 'pairs', 'plain-text'].flatMap((name) => [`--${name}`, `small/${name}.jsonl`]);

/** A command, how often it is killed, and which of its files have to be the same bytes however often that was. */
const COMMANDS: readonly (readonly [name: string, args: readonly string[], kills: number, isResult: (file: string) => boolean])[] = [
  ['select', ['select', ...ROWS, ...BILEVEL, '--filter', 'dedupe', '--explain', ...LENGTH], 24, notTheRecord],
  ['select', ['select', ...ROWS, ...LENGTH], 16, notTheRecord],
  // The page says how many seconds each step took.
  ['run', ['run', 'grid.yaml'], 12, (file) => notTheRecord(file) && !file.endsWith('.html')],
  ['evaluate', ['evaluate', ...PROMPTS, '--task', 'small/task-test.jsonl', '--max-new-tokens', '6', ...LENGTH], 12, notTheRecord],
];

/** run.json says when, how long and in how many attempts; state that is left belongs to nobody. */
function notTheRecord(file: string): boolean {
  return !file.endsWith('run.json') && !file.includes('.state');
}

let scene: Scene;
beforeAll(async () => {
  scene = await createScene();
  await scene.writeSmall({
    'task-train': 12,
    'task-test': 4,
    'attack-harmful': 6,
    'harmful-prompts': 6,
    'overrefusal-prompts': 4,
    pairs: 4,
    'plain-text': 4,
  });
  await scene.write('grid.yaml', GRID);
});
afterAll(async () => await scene.remove());

async function filesOf(out: string, isResult: (file: string) => boolean): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const entry of await readdir(scene.path(out), { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && isResult(path)) files.set(path.slice(scene.path(out).length), await readFile(path, 'base64'));
  }
  return files;
}

/** Whether the command ended before it was killed. @param afterMs from its start. */
async function hasEnded(args: readonly string[], afterMs: number): Promise<boolean> {
  const { child, end } = startCli(args, { cwd: scene.dir });
  const kill = new AbortController();
  void setTimeout(afterMs, undefined, { signal: kill.signal }).then(
    () => child.kill('SIGKILL'),
    () => undefined,
  );
  const { status, stderr } = await end;
  kill.abort();
  if (status === null) return false;
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
  return true;
}

describe(`killed at random moments, with seed ${seed}`, () => {
  it.each(COMMANDS.map((command, index) => [...command, index] as const))(
    '%s %j loses nothing in %i kills',
    async (name, args, wanted, isResult, index) => {
      const random = new Random(seed).split('kills', index);
      const startedMs = performance.now();
      await hasEnded([...args, '--out', `whole-${index}`], 1e9);
      const wholeMs = performance.now() - startedMs;
      const expected = await filesOf(`whole-${index}`, isResult);
      expect(expected.size).toBeGreaterThan(1);
      let [numKills, numRuns] = [0, 0];
      while (numKills < wanted) {
        const out = `killed-${index}-${numRuns++}`;
        let isDone = false;
        for (let i = 0; i < KILLS_EACH && !isDone && numKills < wanted; i++) {
          isDone = await hasEnded([...args, '--out', out], wholeMs * random.uniform());
          if (!isDone) numKills++;
        }
        if (!isDone) await hasEnded([...args, '--out', out], 1e9);
        expect(await filesOf(out, isResult), `${name} ${out}`).toEqual(expected);
      }
      process.stdout.write(`${name}: ${numKills} kills of ${numRuns} runs, ${expected.size} files the same bytes, seed ${seed}\n`);
    },
  );
});
