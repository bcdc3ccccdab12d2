import { NumericError, ShapeError } from '@pharmacist/core';

const WHERE = 'metrics/reliability';

/** Rows of similar predicted probability. */
export interface ReliabilityBin {
  readonly meanPredicted: number;
  /** Share of its rows that are positive. */
  readonly observedFrequency: number;
  readonly count: number;
}

/**
 * The reliability curve (DeGroot & Fienberg 1983): what was predicted beside what was seen, in bins of equal count by ascending prediction.
 * Rows of equal prediction share a bin, so that no order among them matters; bins that this leaves empty are left out.
 * @param probabilities [N], N at least 1, within [0, 1]. @param labels [N]. @throws {NumericError} if there is no row or a probability is none.
 */
export function reliabilityCurve(probabilities: Float64Array, labels: readonly boolean[], numBins = 10): ReliabilityBin[] {
  checkProbabilities(probabilities, labels);
  const n = labels.length;
  const order = [...labels.keys()].sort((i, j) => probabilities[i]! - probabilities[j]!);
  const bins = Array.from({ length: numBins }, () => ({ predicted: 0, positive: 0, count: 0 }));
  for (let start = 0, end = 0; start < n; start = end) {
    const probability = probabilities[order[start]!]!;
    while (end < n && probabilities[order[end]!] === probability) end++;
    const rows = order.slice(start, end);
    const bin = bins[Math.floor((((start + end - 1) / 2) * numBins) / n)]!;
    bin.predicted += probability * rows.length;
    bin.positive += rows.filter((i) => labels[i]).length;
    bin.count += rows.length;
  }
  return bins
    .filter(({ count }) => count > 0)
    .map(({ predicted, positive, count }) => ({ meanPredicted: predicted / count, observedFrequency: positive / count, count }));
}

/** Mean distance of prediction and observation over a curve's bins, by their counts (Naeini and others 2015). */
export function expectedCalibrationError(curve: readonly ReliabilityBin[]): number {
  const numRows = curve.reduce((sum, { count }) => sum + count, 0);
  return curve.reduce((sum, bin) => sum + (bin.count / numRows) * Math.abs(bin.meanPredicted - bin.observedFrequency), 0);
}

/** Mean squared distance of the prediction and 1 or 0 (Brier 1950): 0 is perfect, 1/4 is what 1/2 everywhere gets. @throws as above. */
export function brierScore(probabilities: Float64Array, labels: readonly boolean[]): number {
  checkProbabilities(probabilities, labels);
  return probabilities.reduce((sum, probability, i) => sum + (probability - (labels[i] ? 1 : 0)) ** 2, 0) / labels.length;
}

function checkProbabilities(probabilities: Float64Array, labels: readonly boolean[]): void {
  if (probabilities.length !== labels.length) {
    throw new ShapeError(`${probabilities.length} probabilities, ${labels.length} labels`, { where: WHERE });
  }
  if (labels.length === 0) throw new NumericError('there is no row to compare predictions with', { where: WHERE });
  const wrong = probabilities.findIndex((probability) => !(probability >= 0 && probability <= 1));
  if (wrong !== -1) throw new NumericError(`row ${wrong} has the probability ${probabilities[wrong]!}`, { where: WHERE });
}
