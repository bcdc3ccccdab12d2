/** What two processes gain: a ranking whose passes are divided between two, each with half of the threads, beside one process with half of the threads. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError, InternalError, pathExists } from '@pharmacist/core';
import { type WritableRow, writeRows } from '@pharmacist/data-io';
import { type Figure, figure } from '../figure.ts';
import { interleave, timed, type Variant } from '../harness.ts';
import { BUNDLED_POOL, poolFiles, type PoolFiles, tinyModel, writeRepeatedPool } from '../rows.ts';
import { pairwiseRatios } from '../statistics.ts';
import type { Suite, SuiteContext } from '../suite.ts';
import { syntheticRows } from '../synthetic-texts.ts';

const CLI = fileURLToPath(new URL('../../../cli/dist/main.js', import.meta.url));
const METHODS = ['perplexity', 'pharmacist', 'dsir'];
/** Rows that a model reads, and rows of which texts alone are read: of these a second holds many more. */
const [MODEL_ROWS, TEXT_ROWS] = [6000, 60_000];
/** At which a run shows that it works. */
const QUICK_ROWS = 200;
const isOfTexts = (method: string) => method === 'dsir';

export const scaleOut: Suite = {
  name: 'scale-out',
  summary: 'a ranking divided between two processes of half of the threads each, against one of half of the threads',
  async run(context) {
    const rounds = context.rounds ?? (context.quick ? 1 : 3);
    if (!(await pathExists(CLI))) throw new ConfigError('the command is not built', { where: CLI, hint: 'run `pnpm build`' });
    const threads = Math.max(1, Math.floor(availableParallelism() / 2));
    const model = context.model ?? (await tinyModel());
    const figures: Figure[] = [];
    const numRowsOf = (method: string) => context.rows ?? (context.quick ? QUICK_ROWS : isOfTexts(method) ? TEXT_ROWS : MODEL_ROWS);
    const methods = context.methods ?? METHODS;
    for (const method of methods) {
      const files = await poolOf(context, method, numRowsOf(method));
      const ranking = new Map<string, string>();
      const words = ['select', '--model', model, '--method', method, '--threads', String(threads), ...namesOf(files)];
      const variant = (name: string, more: readonly string[]): Variant => {
        const out = join(context.scratch, `${method} ${name}`);
        return timed(name, async () => {
          await rm(out, { recursive: true, force: true });
          await run([...words, '--out', out, ...more]);
          ranking.set(name, await readFile(join(out, 'ranking.parquet'), 'hex'));
        });
      };
      const settings = ['parallel=2', 'totalCpus=2', ...(context.quick ? ['shard=4'] : [])];
      const variants = [variant('one', []), variant('two', ['--executor', 'local', '--executor-set', ...settings])];
      const onRound = (round: number) => context.say(`${method}: round ${round + 1} of ${rounds}`);
      const values = await interleave(variants, { rounds, warmup: 0, onRound });
      if (ranking.get('one') !== ranking.get('two')) throw new InternalError('the rankings differ', { where: method });
      const [one, two] = [values.get('one')!, values.get('two')!];
      const seconds = (ms: readonly number[]) => ms.map((value) => value / 1000);
      figures.push(
        figure(`${method}: one process`, 's', seconds(one)),
        figure(`${method}: two processes`, 's', seconds(two)),
        figure(
          `${method}: efficiency of two processes`,
          'ratio',
          pairwiseRatios(one, two).map((ratio) => ratio / 2),
          { atLeast: 0.85 },
        ),
      );
    }
    return {
      figures,
      notes: [
        `${threads} ${threads === 1 ? 'thread' : 'threads'} a process; whole commands: reading rows, loading the model, ranking and writing are not divided`,
        'efficiency = time of one process / time of two / 2; every round gave the same bytes',
      ],
      versions: {},
      protocol: {
        rounds,
        warmup: 0,
        threads,
        numRows: context.pool === undefined ? Object.fromEntries(methods.map((method) => [method, numRowsOf(method)])) : null,
      },
    };
  },
};

/** The bundled rows again and again; for methods that read texts alone rows of 36 to 84 words. */
async function poolOf(context: SuiteContext, method: string, numRows: number): Promise<PoolFiles> {
  if (context.pool !== undefined) return poolFiles(context.pool);
  const alignment = join(context.scratch, `alignment-${isOfTexts(method) ? 'texts' : 'rows'}.jsonl`);
  if (isOfTexts(method)) await writeRows(alignment, textRows(numRows));
  else await writeRepeatedPool(alignment, numRows);
  return { ...BUNDLED_POOL, alignment };
}

function* textRows(numRows: number): Generator<WritableRow> {
  for (const { id, prompt, response } of syntheticRows(numRows, 'scale-out')) yield { fields: { id, prompt, response } };
}

function namesOf({ alignment, harmful, validation }: PoolFiles): string[] {
  return ['--alignment', alignment, '--harmful', harmful, '--validation', validation];
}

/** @throws {ConfigError} with what the command said if it fails. */
async function run(words: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [CLI, ...words], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (part: string) => (said += part));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new ConfigError(`ended with ${code}: ${said.slice(-2000)}`, { where: words.join(' ') });
}
