import { sigmoid, softplus } from './log-loss.ts';
import type { CompressedRows } from './sparse-row.ts';

/** What Newton's method needs at one point. */
export interface Expansion {
  readonly gradient: Float64Array;
  /** The Hessian's diagonal. */
  readonly diagonal: Float64Array;
  /** Writes the Hessian times a vector into `result`. */
  curve(vector: Float64Array, result: Float64Array): void;
}

/**
 * The objective of L2-regularised logistic regression and its derivatives, by parameters (w, b) [features + 1], the intercept b last:
 *   |w|^2 / 2 + sum_i c_i ln(1 + exp(-y_i (w.x_i + b + o_i))),   y_i = 1 or -1
 */
export class LogisticObjective {
  readonly #rows: CompressedRows;
  readonly #labels: readonly boolean[];
  /** [N] c_i: what an error of each row costs. */
  readonly #costs: Float64Array;
  readonly #numFeatures: number;
  /** [N] o_i: log-odds that are known of each row beforehand. */
  readonly #offsets: Float64Array;

  constructor(rows: CompressedRows, labels: readonly boolean[], costs: Float64Array, numFeatures: number, offsets: Float64Array) {
    this.#rows = rows;
    this.#labels = labels;
    this.#costs = costs;
    this.#numFeatures = numFeatures;
    this.#offsets = offsets;
  }

  value(parameters: Float64Array): number {
    const decisions = this.#decisions(parameters);
    let total = 0;
    for (let j = 0; j < this.#numFeatures; j++) total += parameters[j]! ** 2 / 2;
    for (let i = 0; i < decisions.length; i++) total += this.#costs[i]! * softplus(this.#labels[i] ? -decisions[i]! : decisions[i]!);
    return total;
  }

  expand(parameters: Float64Array): Expansion {
    const probabilities = this.#decisions(parameters).map(sigmoid);
    const errors = probabilities.map((p, i) => this.#costs[i]! * (p - (this.#labels[i] ? 1 : 0)));
    const curvatures = probabilities.map((p, i) => this.#costs[i]! * p * (1 - p));
    const squares = { ...this.#rows, values: this.#rows.values.map((value) => value * value) };
    return {
      gradient: this.#pullBack(this.#rows, errors, parameters),
      diagonal: this.#pullBack(squares, curvatures, new Float64Array(this.#numFeatures).fill(1)),
      curve: (vector, result) => {
        const changes = this.#project(vector);
        for (let i = 0; i < changes.length; i++) changes[i]! *= curvatures[i]!;
        this.#pullBack(this.#rows, changes, vector, result);
      },
    };
  }

  /** A bound on the size of the sums that make up the gradient, by which its rounding is measured. */
  gradientScale(): number {
    return this.#costs.reduce((sum, cost, i) => {
      const entries = this.#rows.values.subarray(this.#rows.starts[i], this.#rows.starts[i + 1]);
      return sum + cost * Math.sqrt(entries.reduce((squared, value) => squared + value * value, 1));
    }, 0);
  }

  /** [N] w.x + b + o. */
  #decisions(parameters: Float64Array): Float64Array {
    const decisions = this.#project(parameters);
    for (let i = 0; i < decisions.length; i++) decisions[i]! += this.#offsets[i]!;
    return decisions;
  }

  /** [N] w.x + b. */
  #project(parameters: Float64Array): Float64Array {
    const { starts, columns, values } = this.#rows;
    const decisions = new Float64Array(starts.length - 1).fill(parameters[this.#numFeatures]!);
    for (let i = 0; i < decisions.length; i++) {
      let total = 0;
      for (let k = starts[i]!; k < starts[i + 1]!; k++) total += values[k]! * parameters[columns[k]!]!;
      decisions[i]! += total;
    }
    return decisions;
  }

  /** penalty + sum_i factor_i (x_i, 1): the part of the rows by features, and that of the penalty, which spares the intercept. */
  #pullBack(
    { starts, columns, values }: CompressedRows,
    factors: Float64Array,
    penalty: Float64Array,
    result: Float64Array = new Float64Array(this.#numFeatures + 1),
  ): Float64Array {
    result.set(penalty.subarray(0, this.#numFeatures));
    result[this.#numFeatures] = 0;
    for (let i = 0; i < factors.length; i++) {
      const factor = factors[i]!;
      for (let k = starts[i]!; k < starts[i + 1]!; k++) result[columns[k]!]! += factor * values[k]!;
      result[this.#numFeatures]! += factor;
    }
    return result;
  }
}
