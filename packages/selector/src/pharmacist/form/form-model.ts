import { type BoostedTrees, fitBoostedTrees } from '../../learning/boosted-trees.ts';
import { type Fold, FOLDS } from '../fold.ts';
import { shapeOf } from './row-numbers.ts';

/** Rows of one kind: their numbers (row-numbers.ts) and the half that each belongs to. */
export interface FormGroup {
  readonly isSpoiled: boolean;
  readonly rows: readonly { readonly numbers: Float64Array; readonly fold: Fold }[];
}

/** Log-odds that an answer is as its author left it, and not cut, spliced, shuffled, repeated or garbled. */
export interface FormModel {
  decision(numbers: Float64Array, fold: Fold): number;
  /** What each number adds to these log-odds; with a constant they sum to them. */
  contributions(numbers: Float64Array, fold: Fold): Float64Array | undefined;
}

/** As many trees as ranked as well as more did (docs/log.md). */
const NUM_TREES = 80;
const LEARNING_RATE = 0.08;

/**
 * Learns to tell rows as they are from spoiled copies of them: boosted trees on the numbers of form. Rows as they are may be spoiled already; they are few
 * enough beside the others to be told all the same. Each half of the rows is judged by a model of the other half, so that no row is compared with copies of
 * itself. Groups weigh alike. A half without rows of both sorts to learn from says nothing (0).
 */
export async function fitFormModel(groups: readonly FormGroup[], signal?: AbortSignal): Promise<FormModel> {
  const models: (BoostedTrees | undefined)[] = [];
  for (const fold of FOLDS) models[fold] = await fitOnOthers(groups, fold, signal);
  return {
    decision: (numbers, fold) => models[fold]?.decision(numbers) ?? 0,
    contributions: (numbers, fold) => models[fold]?.contributions(numbers),
  };
}

async function fitOnOthers(groups: readonly FormGroup[], fold: Fold, signal?: AbortSignal): Promise<BoostedTrees | undefined> {
  const others = groups
    .map(({ isSpoiled, rows }) => ({ isSpoiled, rows: rows.filter((row) => row.fold !== fold) }))
    .filter(({ rows }) => rows.length > 0);
  if (new Set(others.map(({ isSpoiled }) => isSpoiled)).size < 2) return undefined;
  const numRows = others.reduce((sum, { rows }) => sum + rows.length, 0);
  return await fitBoostedTrees(
    others.flatMap(({ rows }) => rows.map(({ numbers }) => numbers)),
    others.flatMap(({ isSpoiled, rows }) => rows.map(() => !isSpoiled)),
    {
      numTrees: NUM_TREES,
      learningRate: LEARNING_RATE,
      rowWeights: Float64Array.from(others.flatMap(({ rows }) => rows.map(() => numRows / others.length / rows.length))),
      signal,
    },
  );
}

/**
 * Form as shape and losses together: log-odds of a model of the numbers that a text alone decides, learned from many copies since these cost no pass, and of a model of all numbers,
 * learned from the copies that were read. They are added, as those of independent witnesses: what both see counts twice, what only one sees is not lost.
 */
export function joinedForm(shape: FormModel, losses: FormModel | undefined): FormModel {
  return {
    decision: (numbers, fold) => shape.decision(shapeOf(numbers), fold) + (losses?.decision(numbers, fold) ?? 0),
    contributions: (numbers, fold) => {
      const ofShape = shape.contributions(shapeOf(numbers), fold);
      const all = losses?.contributions(numbers, fold);
      if (ofShape === undefined && all === undefined) return undefined;
      const sum = Float64Array.from(all ?? new Float64Array(numbers.length));
      ofShape?.forEach((amount, k) => (sum[sum.length - ofShape.length + k]! += amount));
      return sum;
    },
  };
}
