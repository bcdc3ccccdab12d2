import { NumericError, ShapeError } from '@pharmacist/core';

/**
 * The weight of every training row, 1 where none are given, for a model of two classes.
 * @param labels [N]. @param rowWeights [N], finite and not negative: a row of weight 2 counts as two rows.
 * @throws {NumericError} if a weight is not such a number, or if either class has no weight: log-odds would have no finite optimum.
 */
export function checkedRowWeights(labels: readonly boolean[], rowWeights: Float64Array | undefined, where: string): Float64Array {
  const weights = rowWeights ?? new Float64Array(labels.length).fill(1);
  if (weights.length !== labels.length) throw new ShapeError(`${labels.length} labels, ${weights.length} weights`, { where });
  const wrong = weights.findIndex((weight) => !(weight >= 0 && weight < Infinity));
  if (wrong !== -1)
    throw new NumericError(`row ${wrong} has the weight ${weights[wrong]!}; expected a finite number, 0 or more`, { where });
  for (const label of [true, false]) {
    if (labels.every((other, i) => other !== label || weights[i] === 0)) {
      throw new NumericError(`no ${label ? 'positive' : 'negative'} row has a weight; expected rows of both classes`, { where });
    }
  }
  return weights;
}
