// ml-matrix (MIT, kept by the mljs group since 2014, no native part) brings the Cholesky factorisation.
import { CholeskyDecomposition, Matrix } from 'ml-matrix';
import { setImmediate } from 'node:timers/promises';
import { type Random, throwIfAborted } from '@pharmacist/core';

/** Penalties tried, per row: 10^-4 .. 10^2 times the number of rows. */
const PENALTIES = [1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100];
const NUM_FOLDS = 5;
/** A spread below this share of a feature's size is the rounding of f32, in which hidden states are made: the feature then says nothing. */
const ROUNDING = 1e-6;

export interface RidgeModel {
  readonly penalty: number;
  /** Mean squared error over the held-out folds, in units of the targets' variance: 0 is perfect, 1 is no better than the mean. */
  readonly crossValidatedError: number;
  predict(features: readonly Float64Array[]): Float64Array;
}

/**
 * Ridge regression (Hoerl & Kennard 1970) on standardised features with an unpenalised intercept; the penalty is chosen by 5-fold
 * cross-validation. Solved in the smaller of the two forms: (X'X + nλ)^-1 X'y or X'(XX' + nλ)^-1 y.
 * @param features at least two rows of equal length. @param targets finite, one a row. @throws {InterruptedError} between two folds.
 */
export async function fitRidge(
  features: readonly Float64Array[],
  targets: Float64Array,
  { random, signal }: { random: Random; signal?: AbortSignal | undefined },
): Promise<RidgeModel> {
  const scaler = fitScaler(features);
  const x = features.map(scaler);
  const folds = Math.min(NUM_FOLDS, x.length);
  const foldOf = random.permutation(x.length).map((place) => place % folds);
  const errors = PENALTIES.map(() => 0);
  for (let fold = 0; fold < folds; fold++) {
    await setImmediate();
    throwIfAborted(signal);
    const train = foldOf.flatMap((f, i) => (f === fold ? [] : [i]));
    const test = foldOf.flatMap((f, i) => (f === fold ? [i] : []));
    const solve = prepare(
      train.map((i) => x[i]!),
      Float64Array.from(train, (i) => targets[i]!),
    );
    PENALTIES.forEach((penalty, p) => {
      const predict = solve(penalty);
      for (const i of test) errors[p]! += (predict(x[i]!) - targets[i]!) ** 2;
    });
  }
  const mean = targets.reduce((sum, y) => sum + y, 0) / targets.length;
  const variance = targets.reduce((sum, y) => sum + (y - mean) ** 2, 0);
  const best = errors.indexOf(Math.min(...errors));
  const predict = prepare(x, targets)(PENALTIES[best]!);
  return {
    penalty: PENALTIES[best]!,
    crossValidatedError: variance > 0 ? errors[best]! / variance : 0,
    predict: (rows) => Float64Array.from(rows, (row) => predict(scaler(row))),
  };
}

function fitScaler(rows: readonly Float64Array[]): (row: Float64Array) => Float64Array {
  const size = rows[0]!.length;
  const mean = Float64Array.from({ length: size }, (_, j) => rows.reduce((sum, row) => sum + row[j]!, 0) / rows.length);
  const deviation = mean.map((m, j) => Math.sqrt(rows.reduce((sum, row) => sum + (row[j]! - m) ** 2, 0) / rows.length));
  return (row) => row.map((value, j) => (deviation[j]! > ROUNDING * Math.abs(mean[j]!) ? (value - mean[j]!) / deviation[j]! : 0));
}

/** The parts of the normal equations that all penalties share; each penalty then gives a predictor. */
function prepare(rows: readonly Float64Array[], targets: Float64Array): (penalty: number) => (row: Float64Array) => number {
  const intercept = targets.reduce((sum, y) => sum + y, 0) / targets.length;
  const x = new Matrix(rows.map((row) => [...row]));
  const y = Matrix.columnVector([...targets].map((value) => value - intercept));
  const isWide = x.columns > x.rows;
  const gram = isWide ? x.mmul(x.transpose()) : x.transpose().mmul(x);
  const right = isWide ? y : x.transpose().mmul(y);
  return (penalty) => {
    const solution = new CholeskyDecomposition(gram.clone().add(Matrix.eye(gram.rows).mul(penalty * rows.length))).solve(right);
    const weights = (isWide ? x.transpose().mmul(solution) : solution).to1DArray();
    return (row) => intercept + weights.reduce((sum, weight, j) => sum + weight * row[j]!, 0);
  };
}
