import type { LanguageModel, LoraAdapter, TokenizedRow } from '@pharmacist/language-model';
import type { SelectionContext } from '../selector.ts';
import { standardise } from '../standardise.ts';
import { inHashOrder } from '../states/anchor-rows.ts';
import type { BilevelConfig } from './config.ts';
import { type Direction, meanGradientDirection, rowsWithTargets } from '../gradients/directions.ts';
import { countedFactors } from '../gradients/counted-factors.ts';
import { type Influences, influencesOf } from '../gradients/influences.ts';

/** What one round at one checkpoint of the lower level says about each row; f64 [N], NaN for rows without targets. */
export interface Round {
  readonly loss: Float64Array;
  readonly gradientNorm: Float64Array;
  /** By name, before standardisation. */
  readonly influences: Record<string, Float64Array>;
  /** Sum of the standardised influences. */
  readonly score: Float64Array;
}

/** Where the directions and where the influences are taken: the model itself, or the model with a toxic LoRA merged in. */
export interface Place {
  readonly directionModel: LanguageModel;
  readonly influenceModel: LanguageModel;
}

export interface RoundInputs {
  readonly number: number;
  readonly numRounds: number;
  readonly adapter: LoraAdapter;
  /** Where the upper level's gradients are taken: `adapter`, or where the inner problem leads from it. */
  readonly innerAdapter: LoraAdapter;
  readonly place: Place;
  readonly rows: readonly TokenizedRow[];
  readonly validation: readonly TokenizedRow[];
}

/**
 * One round of the block form of the bilevel problem min_w L_V(phi*(w)) - mu L_H(phi*(w)): with the one-step inner approximation the
 * derivative by w_i is -<g_i, v>, and a row's worth is the direction it pushes, so influences are divided by |g_i|.
 *   validation = <g, gv>/|g|,  contrast = <g, gv - mu gh>/|g|,  pool = <g, gv - gp>/|g|
 * with gv, gh, gp unit gradients on validation, harmful and pool rows and mu = harmfulWeight.
 * Our reconstruction of the paper's selector (arXiv 2510.10085), whose exact equations were not at hand.
 */
export async function takeRound(context: SelectionContext, config: BilevelConfig, inputs: RoundInputs): Promise<Round> {
  const { loss, gradientNorm, cosines } = await influencesAt(context, config, inputs);
  const influences: Record<string, Float64Array> = {};
  const towardsValidation = cosines['validation']!;
  const against = (other: Float64Array | undefined, weight: number) =>
    other && towardsValidation.map((cosine, i) => cosine - weight * other[i]!);
  if (config.influences.includes('validation')) influences['validation'] = towardsValidation;
  const againstPool = against(cosines['pool'], 1);
  const contrast = against(cosines['harmful'], config.harmfulWeight);
  if (againstPool !== undefined) influences['pool'] = againstPool;
  if (contrast !== undefined) influences['contrast'] = contrast;
  return { loss, gradientNorm, influences, score: sumOfStandardised(Object.values(influences), inputs.rows.length) };
}

async function influencesAt(
  context: SelectionContext,
  config: BilevelConfig,
  { number, numRounds, adapter, innerAdapter, place, rows, validation }: RoundInputs,
): Promise<Influences> {
  const { directionModel, influenceModel } = place;
  const title = `Round ${number + 1} of ${numRounds}`;
  const factors = countedFactors(adapter, influenceModel.config, config.layerShare);
  const direction = async (what: string, at: LoraAdapter, from: readonly TokenizedRow[]) =>
    await meanGradientDirection(context, { model: directionModel, adapter: at, rows: from, factors, phase: `${title}: ${what} direction` });
  const directions: Record<string, Direction> = { validation: await direction('validation', innerAdapter, validation) };
  if (config.influences.includes('pool'))
    directions['pool'] = await direction('pool', adapter, sampled(context, 'pool', rowsWithTargets(rows), config.poolRows));
  const harmful = inHashOrder(context.harmful);
  if (config.influences.includes('contrast') && harmful.length > 0)
    directions['harmful'] = await direction('harmful', innerAdapter, sampled(context, 'harmful', harmful, config.harmfulRows));
  return await influencesOf(context, {
    model: influenceModel,
    adapter,
    rows,
    directions,
    factors,
    name: `round-${number}-influences`,
    phase: `${title}: row influences`,
  });
}

function sumOfStandardised(influences: readonly Float64Array[], length: number): Float64Array {
  const sum = new Float64Array(length);
  for (const influence of influences) standardise(influence).forEach((value, i) => (sum[i]! += value));
  return sum;
}

function sampled(context: SelectionContext, what: string, rows: readonly TokenizedRow[], count: number): TokenizedRow[] {
  return context.random
    .split('sample', what)
    .sample(rows.length, count)
    .map((index) => rows[index]!);
}
