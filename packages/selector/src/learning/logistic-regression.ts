// Own code: ml-logistic-regression (last release 2020) takes fixed steps of gradient descent on dense matrices, without a penalty, row weights,
// an intercept or a test of convergence; scikitjs (2022) takes 1,000 shuffled epochs of Adam on dense tensors of TensorFlow.js 3.
import { NumericError, ShapeError } from '@pharmacist/core';
import { innerProduct } from './inner-product.ts';
import { type Expansion, LogisticObjective } from './logistic-objective.ts';
import { pause } from './pause.ts';
import { checkedRowWeights } from './row-weights.ts';
import { compressRows, dot, type FeatureRow } from './sparse-row.ts';

const WHERE = 'selector/logistic-regression';
const MAX_NEWTON_STEPS = 100;
const MAX_HALVINGS = 40;
/** Share of the decrease promised by the slope that a step has to bring (Armijo). */
const SUFFICIENT_DECREASE = 1e-4;
/** Below these shares of their sums, a gradient or a difference of two objectives is rounding. */
const GRADIENT_ROUNDING = 1e-14;
const OBJECTIVE_ROUNDING = 1e-13;

export interface LogisticRegressionOptions {
  /** Columns of every row. */
  readonly numFeatures: number;
  /** C below: the larger, the weaker the penalty. */
  readonly inversePenalty: number;
  /** [N] s_i below; 1 each if left out. */
  readonly rowWeights?: Float64Array | undefined;
  /** [N] o_i below: log-odds that another model gives each row, which this one corrects; 0 each if left out. */
  readonly offsets?: Float64Array | undefined;
  /** The fit ends when the gradient is this small beside that of all coefficients 0. */
  readonly tolerance?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface LogisticRegression {
  /** [features]. */
  readonly coefficients: Float64Array;
  readonly intercept: number;
  /** w.x + b, the log-odds of the positive class, or what they differ by from the offset. */
  decision(row: FeatureRow): number;
}

/**
 * L2-regularised logistic regression with an unpenalised intercept, the model of scikit-learn's LogisticRegression:
 *   min over w, b of |w|^2 / 2 + C sum_i s_i ln(1 + exp(-y_i (w.x_i + b + o_i)))
 * by Newton's method with conjugate gradients for the step and step halving (Nocedal & Wright, Numerical Optimization, algorithm 7.1; Lin,
 * Weng and Keerthi, "Trust region Newton method for large-scale logistic regression", JMLR 9, 2008). It draws nothing: equal input, equal
 * bits. Reordering the rows changes coefficients by rounding alone. A feature that is 0 in every row gets the coefficient 0.
 * @param rows [N] of `numFeatures` columns, sparse or dense. @param labels [N] true for the positive class.
 * @throws {NumericError} if a class has no row of positive weight, a value is not finite, or the fit does not converge;
 * {InterruptedError} between two steps.
 */
export async function fitLogisticRegression(
  rows: readonly FeatureRow[],
  labels: readonly boolean[],
  { numFeatures, inversePenalty, rowWeights, offsets, tolerance = 1e-9, signal }: LogisticRegressionOptions,
): Promise<LogisticRegression> {
  if (rows.length !== labels.length) throw new ShapeError(`${rows.length} rows, ${labels.length} labels`, { where: WHERE });
  if (!(inversePenalty > 0 && inversePenalty < Infinity)) {
    throw new NumericError(`the inverse penalty is ${inversePenalty}; expected a finite number above 0`, { where: WHERE });
  }
  if (offsets !== undefined && offsets.length !== rows.length) {
    throw new ShapeError(`${rows.length} rows, ${offsets.length} offsets`, { where: WHERE });
  }
  const wrongOffset = offsets?.find((offset) => !Number.isFinite(offset));
  if (wrongOffset !== undefined) throw new NumericError(`a row has the offset ${wrongOffset}; expected a finite number`, { where: WHERE });
  checkValues(rows, numFeatures);
  const costs = checkedRowWeights(labels, rowWeights, WHERE).map((weight) => inversePenalty * weight);
  const objective = new LogisticObjective(compressRows(rows), labels, costs, numFeatures, offsets ?? new Float64Array(rows.length));
  const parameters = await minimise(objective, new Float64Array(numFeatures + 1), tolerance, signal);
  const coefficients = parameters.slice(0, numFeatures);
  const intercept = parameters[numFeatures]!;
  return { coefficients, intercept, decision: (row) => dot(row, coefficients) + intercept };
}

function checkValues(rows: readonly FeatureRow[], numFeatures: number): void {
  rows.forEach((row, i) => {
    const isDense = row instanceof Float64Array;
    const width = isDense ? row.length : (row.indices.at(-1) ?? -1) + 1;
    if (isDense ? width !== numFeatures : width > numFeatures) {
      throw new ShapeError(`row ${i} has ${width} columns, expected ${numFeatures}`, { where: WHERE });
    }
    const wrong = (isDense ? row : row.values).find((value) => !Number.isFinite(value));
    if (wrong !== undefined) throw new NumericError(`row ${i} has the value ${wrong}`, { where: WHERE });
  });
}

async function minimise(
  objective: LogisticObjective,
  start: Float64Array,
  tolerance: number,
  signal: AbortSignal | undefined,
): Promise<Float64Array> {
  let parameters = start;
  let value = objective.value(parameters);
  let expansion = objective.expand(parameters);
  const firstNorm = norm(expansion.gradient);
  const goal = Math.max(tolerance * firstNorm, GRADIENT_ROUNDING * objective.gradientScale());
  for (let step = 0; norm(expansion.gradient) > goal; step++) {
    const direction = await newtonDirection(expansion, firstNorm, signal);
    const slope = innerProduct(expansion.gradient, direction);
    let size = 1;
    let next = moved(parameters, direction, size);
    let nextValue = objective.value(next);
    const allowed = (): number => value + SUFFICIENT_DECREASE * size * slope + OBJECTIVE_ROUNDING * value;
    for (let halving = 0; nextValue > allowed() && halving < MAX_HALVINGS; halving++) {
      size /= 2;
      next = moved(parameters, direction, size);
      nextValue = objective.value(next);
    }
    if (!(nextValue <= allowed()) || step >= MAX_NEWTON_STEPS) {
      throw new NumericError(`did not converge in ${step} steps: the gradient is ${norm(expansion.gradient)}, the goal ${goal}`, {
        where: WHERE,
        hint: 'use a smaller inverse penalty, or features of similar size',
      });
    }
    [parameters, value, expansion] = [next, nextValue, objective.expand(next)];
  }
  return parameters;
}

/** An approximate solution of Hessian d = -gradient by conjugate gradients with the Hessian's diagonal as preconditioner. */
async function newtonDirection(
  { gradient, diagonal, curve }: Expansion,
  firstNorm: number,
  signal: AbortSignal | undefined,
): Promise<Float64Array> {
  const length = norm(gradient);
  const goal = Math.min(0.1, length / firstNorm) * length;
  const numParameters = gradient.length;
  const inverses = diagonal.map((value) => (value > 0 ? 1 / value : 1));
  const solution = new Float64Array(numParameters);
  const residual = gradient.map((value) => -value);
  const scaled = residual.map((value, j) => value * inverses[j]!);
  const direction = Float64Array.from(scaled);
  const curved = new Float64Array(numParameters);
  let energy = innerProduct(residual, scaled);
  for (let iteration = 0; norm(residual) > goal && iteration < 2 * numParameters + 10; iteration++) {
    await pause(signal);
    curve(direction, curved);
    const curvature = innerProduct(direction, curved);
    if (!(curvature > 0)) break;
    const size = energy / curvature;
    for (let j = 0; j < numParameters; j++) {
      solution[j]! += size * direction[j]!;
      residual[j]! -= size * curved[j]!;
      scaled[j] = residual[j]! * inverses[j]!;
    }
    const before = energy;
    energy = innerProduct(residual, scaled);
    const share = energy / before;
    for (let j = 0; j < numParameters; j++) direction[j] = scaled[j]! + share * direction[j]!;
  }
  return solution;
}

/** from + factor * direction. */
function moved(from: Float64Array, direction: Float64Array, factor: number): Float64Array {
  const to = new Float64Array(from.length);
  for (let j = 0; j < from.length; j++) to[j] = from[j]! + factor * direction[j]!;
  return to;
}

function norm(vector: Float64Array): number {
  return Math.sqrt(innerProduct(vector, vector));
}
