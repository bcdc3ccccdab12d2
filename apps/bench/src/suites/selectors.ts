/**
 * What each method's scoring costs against one epoch of training on the same pool, and how well it ranks: the bundled planted rows, the tiny
 * model, every method with its defaults, all in one interleaved run.
 */
import { join } from 'node:path';
import { ConfigError, NumericError, unknownName } from '@pharmacist/core';
import { readRows, writeRows } from '@pharmacist/data-io';
import { select, SELECT_DEFAULTS, type SelectResult } from '@pharmacist/experiment';
import { LanguageModel } from '@pharmacist/language-model';
import { SELECTORS } from '@pharmacist/selector';
import { createEngine, type EngineChoice } from '@pharmacist/tensor-kernels';
import { type Figure, figure } from '../figure.ts';
import { interleave, timed, type Variant } from '../harness.ts';
import { BUNDLED_POOL, poolFiles, type PoolFiles, tinyModel } from '../rows.ts';
import { pairwiseRatios } from '../statistics.ts';
import type { Suite, SuiteContext } from '../suite.ts';
import { BATCH_SIZE, trainingRows, trainOneEpoch } from '../training-epoch.ts';

const QUICK_ROWS = 32;
const KEEP = 0.4;
/** A quick run shortens what trains. */
const QUICK_OPTIONS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  pharmacist: { copies: 8 },
  bilevel: { checkpoints: [0], harmfulRows: 16 },
  seal: { epochs: 1 },
  less: { epochs: 1, projectionDim: 64 },
  el2n: { runs: 1, steps: 1 },
  grand: { runs: 1, steps: 1 },
};
/** One forward pass over the pool and nothing else: what a row forward costs is measured by it. */
const FORWARD = 'perplexity';
/** Methods whose cost must follow from their passes. */
const PREDICTED = new Set(['bilevel', 'seal']);
/** Beside its pass over the pool LARF looks for a layer, in passes over its anchors: what they cost does not grow with the pool. */
const SEARCHES = new Set(['larf']);
/** Beside its pass over the pool pharmacist reads rows of known label and copies that it plants: as many for any pool, so that their share falls with the pool's size. */
const PLANTS = new Set(['pharmacist']);
/** LESS passes over the whole pool once for each; the suite names its default, so that the division is right. */
const LESS_CHECKPOINTS = 4;
/** Further forms that are measured beside a method's defaults, by their names in the results. */
const FORMS: Readonly<Record<string, { readonly method: string; readonly options: Readonly<Record<string, unknown>> }>> = {
  'pharmacist form=text': { method: 'pharmacist', options: { form: 'text' } },
};
/** What a method's scoring may cost of an epoch, where it is not what every forward-only method may. */
const MOST_EPOCHS: Readonly<Record<string, number>> = { pharmacist: 0.5, 'pharmacist form=text': 0.3 };
/** Least AUROC on the bundled pool of the methods that are known to tell good rows apart; chance is .5. */
const LEAST_AUROC: Readonly<Record<string, number>> = { pharmacist: 0.9, bilevel: 0.8, less: 0.6, perplexity: 0.55 };

export const selectors: Suite = {
  name: 'selectors',
  summary: 'scoring cost of each method against one epoch of training on the pool, and its ranking of the planted kinds',
  async run(context) {
    const rounds = context.rounds ?? (context.quick ? 1 : 2);
    const warmup = context.quick ? 0 : 1;
    const choice = await createEngine({ name: 'onnx' });
    try {
      const modelDir = context.model ?? (await tinyModel());
      const model = await LanguageModel.load(modelDir, choice.engine);
      const files = await poolOf(context);
      const rows = await trainingRows(model, files.alignment);
      const all = [...[...SELECTORS].filter(({ cost }) => cost !== 'none').map(({ name }) => name), ...Object.keys(FORMS)];
      const scorings = chosenOf(all, context.methods).map((name) => new Scoring(context, name, { files, modelDir, model, choice }));
      const epoch = (name: string) => timed(name, async () => await trainOneEpoch(model, rows));
      // Two epochs a round, half a round apart: whatever slows the machine for a while falls on them, too.
      const half = Math.ceil(scorings.length / 2);
      const variants = [epoch('first epoch'), ...scorings.slice(0, half), epoch('second epoch'), ...scorings.slice(half)];
      const values = await interleave(variants, {
        rounds,
        warmup,
        onRound: (round) => context.say(`round ${round + 1} of ${rounds}`),
      });
      const [first, second] = [values.get('first epoch')!, values.get('second epoch')!];
      const epochMs = first.map((ms, i) => (ms + second[i]!) / 2);
      const forward = scorings.find(({ name }) => name === FORWARD)!;
      const forwardRowMs = values.get(FORWARD)!.map((ms) => ms / forward.passes.forward);
      const gradientRowMs = epochMs.map((ms) => ms / rows.length);
      return {
        figures: [
          figure(
            'one epoch',
            's',
            epochMs.map((ms) => ms / 1000),
          ),
          ...scorings.flatMap((scoring) => figuresOf(scoring, values.get(scoring.name)!, { epochMs, forwardRowMs, gradientRowMs })),
          ...(context.quick ? [] : scorings.flatMap(plantedFigures)),
        ],
        notes: [
          `scoring: the method alone, its checkpoints to disk included; reading, tokenising, compiling and writing the ranking are outside`,
          `epoch: LoRA fine-tuning on the same ${rows.length} rows, rank 8, batch ${BATCH_SIZE}, measured twice a round`,
          `predicted: counted rows forward and backward, each at the cost of a row of the epoch, and rows forward only, each at the cost of a row of ${FORWARD}`,
          `less, a checkpoint: all of LESS (warm-up, gradients on trusted rows, projection) divided by its ${LESS_CHECKPOINTS} checkpoints, each of which passes over the pool once`,
          'pharmacist: beside the pool it reads trusted rows, harmful rows and copies that it plants, as many for any pool; on one this small they are a good part of its rows',
          'superfiltering scores with the same model: a smaller one would cost less',
          'in every round each method gave the same bytes as before; AUROC of good rows was above chance where a method is known to see them',
        ],
        versions: choice.engine.versions,
        protocol: { rounds, warmup, numRows: rows.length, batchSize: BATCH_SIZE, maxLength: SELECT_DEFAULTS.maxLength },
      };
    } finally {
      await choice.engine.dispose();
    }
  },
};

interface Surroundings {
  readonly files: PoolFiles;
  readonly modelDir: string;
  readonly model: LanguageModel;
  readonly choice: EngineChoice;
}

/** A method with its defaults. Every run must give the bytes of the first. */
class Scoring implements Variant {
  readonly name: string;
  readonly #context: SuiteContext;
  readonly #surroundings: Surroundings;
  #numRuns = 0;
  #result: SelectResult | undefined;

  constructor(context: SuiteContext, name: string, surroundings: Surroundings) {
    this.#context = context;
    this.name = name;
    this.#surroundings = surroundings;
  }

  get planted(): SelectResult['planted'] {
    return this.#result?.planted;
  }

  /** Rows that a gradient was taken of, and rows that went forward only. */
  get passes(): { forward: number; gradient: number } {
    const { forwardRows = 0, backwardRows = 0 } = this.#result?.record.passes ?? {};
    return { forward: Math.max(0, forwardRows - backwardRows), gradient: backwardRows };
  }

  /** Bound to the instance: the harness calls it by itself. @returns milliseconds of the scoring. */
  readonly run = async (): Promise<number> => {
    const { files, modelDir, model, choice } = this.#surroundings;
    const result = await select(
      {
        ...files,
        model: modelDir,
        method: FORMS[this.name]?.method ?? this.name,
        methodOptions: optionsOf(this.name, { modelDir, isQuick: this.#context.quick }),
        keep: KEEP,
        seed: 0,
        batchSize: BATCH_SIZE,
        out: join(this.#context.scratch, `${this.name} ${this.#numRuns++}`),
      },
      { model, choice },
    );
    this.#check(result);
    this.#result = result;
    return 1000 * result.record.timing.phases['rank']!;
  };

  #check(result: SelectResult): void {
    const hint = 'run the tests of selector';
    const hashOf = ({ record }: SelectResult) => record.results.find(({ path }) => path === 'ranking.parquet')!.sha256;
    if (this.#result !== undefined && hashOf(result) !== hashOf(this.#result)) {
      throw new NumericError('two runs ranked differently', { where: `bench, ${this.name}`, hint });
    }
    const least = this.#context.quick || this.#context.pool !== undefined ? undefined : LEAST_AUROC[this.name];
    const auroc = result.planted?.auroc ?? null;
    if (least !== undefined && !(auroc !== null && auroc >= least)) {
      throw new NumericError(`AUROC is ${auroc}, less than ${least}`, { where: `bench, ${this.name}`, hint });
    }
  }
}

/** The methods asked for, and the one that a row forward is measured by. @throws {ConfigError} for an unknown one. */
function chosenOf(all: readonly string[], asked: readonly string[] | undefined): readonly string[] {
  const unknown = asked?.find((name) => !all.includes(name));
  if (unknown !== undefined) throw new ConfigError(unknownName(unknown, all), { where: '--methods' });
  return asked === undefined ? all : all.filter((name) => name === FORWARD || asked.includes(name));
}

function optionsOf(name: string, { modelDir, isQuick }: { modelDir: string; isQuick: boolean }): Readonly<Record<string, unknown>> {
  if (name === 'superfiltering') return { model: modelDir };
  if (name in FORMS) return FORMS[name]!.options;
  if (isQuick) return QUICK_OPTIONS[name] ?? {};
  return name === 'less' ? { epochs: LESS_CHECKPOINTS } : {};
}

interface Yardsticks {
  readonly epochMs: readonly number[];
  readonly forwardRowMs: readonly number[];
  readonly gradientRowMs: readonly number[];
}

function figuresOf({ name, passes }: Scoring, ms: readonly number[], { epochMs, forwardRowMs, gradientRowMs }: Yardsticks): Figure[] {
  const againstEpoch = pairwiseRatios(ms, epochMs);
  const isForwardOnly = passes.gradient === 0 && passes.forward > 0 && !SEARCHES.has(name);
  const atMost = MOST_EPOCHS[name] ?? (isForwardOnly ? 0.4 : undefined);
  const figures = [figure(`${name} / epoch`, 'ratio', againstEpoch, atMost === undefined ? undefined : { atMost })];
  if (name === 'less') {
    const perCheckpoint = againstEpoch.map((ratio) => ratio / LESS_CHECKPOINTS);
    figures.push(figure('less, a checkpoint / epoch', 'ratio', perCheckpoint, { atMost: 1.3 }));
  }
  if (passes.gradient > 0 || PLANTS.has(name)) {
    const predicted = ms.map((_, i) => passes.gradient * gradientRowMs[i]! + passes.forward * forwardRowMs[i]!);
    figures.push(figure(`${name} / predicted`, 'ratio', pairwiseRatios(ms, predicted), PREDICTED.has(name) ? { atMost: 1.1 } : undefined));
  }
  return figures;
}

/** How well the method tells the good rows of the pool from the others: all of them, and each planted kind. */
function plantedFigures({ name, planted }: Scoring): Figure[] {
  if (planted === undefined) return [];
  const { auroc, averagePrecision, precisionKept, kinds } = planted;
  return [
    ['AUROC', auroc] as const,
    ...kinds.map(({ kind, auroc: against }) => [`AUROC against ${kind}`, against] as const),
    ['average precision', averagePrecision] as const,
    [`precision at ${100 * KEEP} %`, precisionKept] as const,
  ].flatMap(([what, value]) => (value === null ? [] : [figure(`${name}: ${what}`, '', [value])]));
}

/** The bundled planted pool of 400 rows, or the one given by --pool; a quick run takes its first rows. */
async function poolOf(context: SuiteContext): Promise<PoolFiles> {
  const files = context.pool === undefined ? BUNDLED_POOL : poolFiles(context.pool);
  if (!context.quick) return files;
  const alignment = join(context.scratch, 'alignment.jsonl');
  const { rows } = await readRows(files.alignment);
  await writeRows(alignment, rows.slice(0, QUICK_ROWS));
  return { ...files, alignment };
}
