import { ConfigError } from '@pharmacist/core';
import type { RowPass } from '../row-maps/map-rows.ts';
import { rowFeatures } from '../row-features.ts';
import { fitRidge } from '../amortised/ridge.ts';
import { ridgeFeatures } from '../amortised/ridge-features.ts';
import { defineSelector } from '../define-selector.ts';
import { type Columns, type ColumnValues, type PoolRow, type Ranking, type SelectionContext, tokensOf } from '../selector.ts';
import { standardise } from '../standardise.ts';
import { type BilevelConfig, bilevelConfig } from './config.ts';
import { rowsWithTargets } from '../gradients/directions.ts';
import { shortRunWork } from '../gradients/short-run.ts';
import { assertTrainable } from '../gradients/trainable-rows.ts';
import { renamedOptions } from './moved-options.ts';
import type { Round } from './round.ts';
import { takeRounds } from './lower-level-run.ts';
import { type ValidationKind, validationKind } from './validation-rows.ts';
import { withWordRatio } from './word-ratio.ts';

/**
 * Bilevel influences: our reconstruction of a paper's selector (arXiv 2510.10085 casts selection as bilevel optimisation with a toxic LoRA and
 * a one-step inner approximation; its exact equations were not at hand). See round.ts for the formulas.
 *
 * Cost: each round is one forward and one backward pass over the pool and two small reference gradients (three with the influence `pool`); the lower level adds
 * checkpoints.at(-1) steps. `amortised` takes its rounds on a share of the pool and one forward pass over the rest.
 */
export const bilevel = defineSelector({
  name: 'bilevel',
  summary:
    'bilevel influence of each row on safe answers, and on them against harmful ones, and a little of its words (our reconstruction)',
  source: 'arXiv 2510.10085, reconstructed',
  cost: 'gradients',
  passes: '1 forward + 1 backward pass over the pool a round, three rounds, and a short training run',
  needs: (config) => [
    ...(needsHarmful(config) ? (['harmful'] as const) : []),
    ...(config.validation === 'trusted' ? (['trusted'] as const) : []),
  ],
  uses: ({ validation }) => (validation === 'pseudo' ? [] : ['trusted']),
  work: (config) => [{ work: 'influences', loraRank: config.loraRank }, ...(trains(config) ? [shortRunWork(config)] : [])],
  // States of all rows, and those of the sample as the regression takes them, in f64, several times.
  rowBytes: ({ scorer, amortisedShare }, { hiddenSize }) =>
    scorer === 'amortised' ? 128 + 8 * hiddenSize + amortisedShare * (400 + 80 * hiddenSize) : 400,
  config: bilevelConfig,
  movedOptions: renamedOptions,
  async fit(context, config) {
    checkRows(context, config);
    const kind = validationKind(context, config);
    // One row has no regression.
    const isAmortised = config.scorer === 'amortised' && context.pool.filter(({ tokens }) => tokens.hasTargets).length > 1;
    const ranking = isAmortised ? await fitAmortised(context, config, kind) : await fitTabular(context, config, kind);
    const hasWords = config.wordWeight > 0 && kind === 'trusted';
    return hasWords ? await withWordRatio(context, ranking, config.wordWeight) : ranking;
  },
});

async function fitTabular(context: SelectionContext, config: BilevelConfig, kind: ValidationKind): Promise<Ranking> {
  const rounds = await takeRounds(context, config, kind, tokensOf(context.pool));
  const total = addRounds(rounds);
  return { scores: total, columns: columnsOf(rounds) };
}

async function fitAmortised(context: SelectionContext, config: BilevelConfig, kind: ValidationKind): Promise<Ranking> {
  const { pool } = context;
  const usable = pool.flatMap(({ tokens }, index) => (tokens.hasTargets ? [index] : []));
  const size = Math.min(usable.length, Math.max(2, Math.round(config.amortisedShare * usable.length)));
  const sample = context.random
    .split('amortised sample')
    .sample(usable.length, size)
    .map((place) => usable[place]!);
  sample.sort((i, j) => i - j);
  const rounds = await takeRounds(
    context,
    config,
    kind,
    sample.map((index) => pool[index]!.tokens),
  );
  const targets = standardise(addRounds(rounds));
  const featuresOf = async (rows: readonly PoolRow[], pass: Pick<RowPass, 'name' | 'phase'>) =>
    ridgeFeatures(tokensOf(rows), await rowFeatures(context, { ...pass, rows: tokensOf(rows) }));
  const features = await featuresOf(pool, { name: 'amortised-features', phase: 'Amortised scorer: hidden states of all rows' });
  const ridge = await fitRidge(
    sample.map((index) => features[index]!),
    targets,
    { random: context.random.split('ridge'), signal: context.signal },
  );
  context.note('amortised', { rows: sample.length, penalty: ridge.penalty, crossValidatedError: ridge.crossValidatedError });
  const predict = (rows: readonly (Float64Array | undefined)[]) =>
    Float64Array.from(rows, (row) => (row === undefined ? NaN : ridge.predict([row])[0]!));
  const spread = (values: ColumnValues) => {
    const column = new Float64Array(pool.length).fill(NaN);
    sample.forEach((index, i) => (column[index] = values[i]!));
    return column;
  };
  const columns = Object.fromEntries(Object.entries(columnsOf(rounds)).map(([name, values]) => [name, spread(values)]));
  return {
    scores: predict(features),
    columns: { ...columns, measured_influence_score: spread(targets) },
    score: async (rows: readonly PoolRow[]) => predict(await featuresOf(rows, { phase: 'Amortised scorer: hidden states of rows' })),
  };
}

function addRounds(rounds: readonly Round[]): Float64Array {
  return rounds[0]!.score.map((_, i) => rounds.reduce((sum, { score }) => sum + score[i]!, 0));
}

/** The base model's view (first round) of loss and gradient norm, and each influence's mean over the rounds, as cosines. */
function columnsOf(rounds: readonly Round[]): Columns {
  const [first] = rounds;
  const influences = Object.keys(first!.influences).map((name) => {
    const mean = first!.loss.map((_, i) => rounds.reduce((sum, round) => sum + round.influences[name]![i]!, 0) / rounds.length);
    return [`${name}_influence`, mean] as const;
  });
  return { loss: first!.loss, gradient_norm: first!.gradientNorm, ...Object.fromEntries(influences) };
}

function checkRows({ pool, harmful }: SelectionContext, config: BilevelConfig): void {
  assertTrainable(pool);
  if (needsHarmful(config) && rowsWithTargets(tokensOf(harmful)).length === 0) {
    throw new ConfigError('the influences and the toxic LoRA asked for need harmful rows, and there are none', {
      where: 'harmful',
      hint: 'add --harmful FILE, or leave out the influence contrast and the toxic LoRA',
    });
  }
}

function trains({ checkpoints, toxic, innerSteps }: BilevelConfig): boolean {
  return checkpoints.at(-1)! > 0 || toxic !== 'none' || innerSteps > 1;
}

function needsHarmful({ influences, toxic }: BilevelConfig): boolean {
  return influences.includes('contrast') || toxic !== 'none';
}
