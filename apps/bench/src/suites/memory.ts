/**
 * Peak resident memory and speed of a selection with a model of 135M parameters, batch 4x128, in a process of its own. Weights are random
 * in the shape of SmolLM2-135M unless --model names a directory.
 */
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeCheckpoint } from '@pharmacist/language-model';
import { bundledPath } from '@pharmacist/test-fixtures';
import { runInChild } from '../child.ts';
import { figure } from '../figure.ts';
import { interleave } from '../harness.ts';
import type { MemoryReport, MemoryTask } from '../memory-child.ts';
import { llamaConfig, randomWeights } from '../random-model.ts';
import { SHAPE_135M } from '../shapes.ts';
import { BUNDLED_POOL, writeLongRows } from '../rows.ts';
import type { Suite, SuiteContext } from '../suite.ts';

const BATCH_SIZE = 4;
const LENGTH = 128;
const GIGABYTE = 1e9;

export const memory: Suite = {
  name: 'memory',
  summary: 'peak memory and tokens/s of a selection with a 135M-parameter model, batch 4x128',
  async run(context) {
    const rounds = context.rounds ?? 1;
    const model = context.model ?? (await writeRandomModel(join(context.scratch, 'model')));
    const task = await taskOf(context, model);
    const reports: MemoryReport[] = [];
    const variant = {
      name: 'peak',
      run: async () => {
        const out = join(context.scratch, `run ${reports.length}`);
        const report = await runInChild<MemoryReport>(new URL('../memory-child.ts', import.meta.url), {
          ...task,
          out,
        } satisfies MemoryTask);
        reports.push(report);
        return report.peakRssBytes;
      },
    };
    const values = await interleave([variant], { rounds, warmup: 0 });
    return {
      figures: [
        figure('peak resident memory of select', 'bytes', values.get('peak')!, { atMost: 4 * GIGABYTE }),
        figure(
          'ranking, every pass counted',
          'tokens/s',
          reports.map(({ tokensPerSecond }) => tokensPerSecond),
        ),
      ],
      notes: [
        context.model === undefined ? 'random weights in the shape of SmolLM2-135M, stored as BF16' : `model: ${context.model}`,
        `${task.numRows} rows of ${LENGTH} tokens; method options ${JSON.stringify(task.methodOptions)}: fewer steps and rows than the defaults, the same programs`,
        'tokens/s = tokens through a forward and backward pass / time of the ranking phase, compilation included',
      ],
      versions: reports.at(-1)!.versions,
      protocol: {
        rounds,
        warmup: 0,
        batchSize: BATCH_SIZE,
        maxLength: LENGTH,
        shape: context.model === undefined ? SHAPE_135M : 'of the model',
      },
    };
  },
};

async function writeRandomModel(dir: string): Promise<string> {
  const config = llamaConfig(SHAPE_135M);
  await writeCheckpoint(dir, config, randomWeights(config, 'bench'), { dtype: 'BF16' });
  for (const file of ['tokenizer.json', 'tokenizer_config.json']) await copyFile(bundledPath('models', 'tiny', file), join(dir, file));
  return dir;
}

async function taskOf(context: SuiteContext, model: string): Promise<Omit<MemoryTask, 'out'>> {
  const numRows = context.quick ? 8 : 32;
  const files = { alignment: join(context.scratch, 'alignment.jsonl'), harmful: join(context.scratch, 'harmful.jsonl') };
  await writeLongRows(files.alignment, BUNDLED_POOL.alignment, numRows, LENGTH);
  await writeLongRows(files.harmful, BUNDLED_POOL.harmful, BATCH_SIZE, LENGTH);
  const methodOptions = { checkpoints: [0, 2], trainBatchSize: BATCH_SIZE, harmfulRows: 4, pseudoRows: 8 };
  return { ...files, model, numRows, batchSize: BATCH_SIZE, maxLength: LENGTH, methodOptions };
}
