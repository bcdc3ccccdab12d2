/**
 * What a selection costs against what it spares: ranking a pool by bilevel with the tiny model, tabular and amortised, beside aligning on all rows for
 * 20 epochs. One epoch is measured and multiplied.
 */
import { join } from 'node:path';
import { NumericError } from '@pharmacist/core';
import { select as runSelect, SELECT_DEFAULTS, type SelectResult } from '@pharmacist/experiment';
import { LanguageModel } from '@pharmacist/language-model';
import { createEngine } from '@pharmacist/tensor-kernels';
import { type Figure, figure } from '../figure.ts';
import { interleave, timed, type Variant } from '../harness.ts';
import { BUNDLED_POOL, poolFiles, type PoolFiles, tinyModel, writeRepeatedPool } from '../rows.ts';
import { pairwiseRatios } from '../statistics.ts';
import type { Suite, SuiteContext } from '../suite.ts';
import { BATCH_SIZE, trainingRows, trainOneEpoch } from '../training-epoch.ts';

const NUM_ROWS = 1500;
const EPOCHS = 20;
const TABULAR = 'select, tabular';
const AMORTISED = 'select, amortised';

export const select: Suite = {
  name: 'select',
  summary: 'cost of selecting 1,500 rows by bilevel with the tiny model against aligning on all of them',
  async run(context) {
    const rounds = context.rounds ?? 1;
    const modelDir = context.model ?? (await tinyModel());
    const files = await poolOf(context);
    const results = new Map<string, SelectResult>();
    const { engine } = await createEngine({ name: 'onnx' });
    try {
      const model = await LanguageModel.load(modelDir, engine);
      const rows = await trainingRows(model, files.alignment);
      const epoch = (name: string) => timed(name, async () => await trainOneEpoch(model, rows));
      const shorter = context.quick ? { checkpoints: [0, 4] } : {};
      // An epoch before each of the two: whatever slows the machine for a while falls on both sides of both ratios.
      const variants = [
        epoch('epoch before tabular'),
        selection(context, TABULAR, { files, modelDir, results, options: shorter }),
        epoch('epoch before amortised'),
        selection(context, AMORTISED, { files, modelDir, results, options: { ...shorter, scorer: 'amortised' } }),
      ];
      const values = await interleave(variants, { rounds, warmup: 0, onRound: (round) => context.say(`round ${round + 1} of ${rounds}`) });
      const [before, tabular, between, amortised] = variants.map(({ name }) => values.get(name)!) as [
        number[],
        number[],
        number[],
        number[],
      ];
      const alignment = before.map((ms, i) => (EPOCHS * (ms + between[i]!)) / 2);
      return {
        figures: [
          figure(
            'one epoch of alignment',
            's',
            [...before, ...between].map((ms) => ms / 1000),
          ),
          ...costs(TABULAR, tabular, alignment, 0.25),
          ...costs(AMORTISED, amortised, alignment, 0.1),
          ...[...results].flatMap(([name, result]) => aurocs(name, result)),
        ],
        notes: [
          `alignment = ${EPOCHS} x one epoch of LoRA fine-tuning on the same ${rows.length} rows (batch ${BATCH_SIZE}, at most ${SELECT_DEFAULTS.maxLength} tokens), measured twice a round`,
          'selection = the whole command: reading rows, loading the model, compiling, ranking, writing',
          context.pool === undefined
            ? 'pool: the bundled rows repeated with variations, so AUROC is not reported'
            : 'pool: given by --pool',
        ],
        versions: engine.versions,
        protocol: { rounds, warmup: 0, numRows: rows.length, epochs: EPOCHS, batchSize: BATCH_SIZE, maxLength: SELECT_DEFAULTS.maxLength },
      };
    } finally {
      await engine.dispose();
    }
  },
};

async function poolOf(context: SuiteContext): Promise<PoolFiles> {
  if (context.pool !== undefined) return poolFiles(context.pool);
  const alignment = join(context.scratch, 'alignment.jsonl');
  await writeRepeatedPool(alignment, context.quick ? 64 : NUM_ROWS);
  return { ...BUNDLED_POOL, alignment };
}

interface Selection {
  files: PoolFiles;
  modelDir: string;
  results: Map<string, SelectResult>;
  options: Readonly<Record<string, unknown>>;
}

function selection(context: SuiteContext, name: string, { files, modelDir, results, options }: Selection): Variant {
  let run = 0;
  return timed(name, async () => {
    const out = join(context.scratch, `${name} ${run++}`);
    const result = await runSelect({
      ...files,
      model: modelDir,
      method: 'bilevel',
      methodOptions: options,
      keep: 0.4,
      seed: 0,
      out,
      engine: 'onnx',
    });
    if (result.wasComplete || result.numKept === 0) throw new NumericError('nothing was selected', { where: name });
    results.set(name, result);
  });
}

function costs(name: string, ms: readonly number[], alignmentMs: readonly number[], atMost: number): Figure[] {
  return [
    figure(
      name,
      's',
      ms.map((value) => value / 1000),
    ),
    figure(`${name} / alignment of ${EPOCHS} epochs`, 'ratio', pairwiseRatios(ms, alignmentMs), { atMost }),
  ];
}

/** How well good rows are told from the others, in all and by kind: a fast selection of the wrong rows is worth nothing. */
function aurocs(name: string, { planted }: SelectResult): Figure[] {
  if (planted === undefined) return [];
  const values = [['all', planted.auroc] as const, ...planted.kinds.map(({ kind, auroc }) => [kind, auroc] as const)];
  return values.flatMap(([kind, auroc]) => (auroc === null ? [] : [figure(`${name}: AUROC against ${kind}`, '', [auroc])]));
}
