/** The bilevel method's defaults on a few rows; two checkpoint intervals of the lower level are crossed. */
export const SMALL = {
  checkpoints: [0, 3, 22],
  loraRank: 2,
  loraAlpha: 4,
  learningRate: 1e-2,
  trainBatchSize: 4,
  toxicSteps: 5,
  poolRows: 8,
  harmfulRows: 4,
  pseudoRows: 6,
  pseudoMinTokens: 6,
} as const;
