/**
 * Names and defaults that `--help` shows, written by `pnpm generate` from the registries and schemas of the packages: loading those takes a
 * second and help must not. Do not edit: `pnpm check` compares.
 */

export const ENGINE_CHOICES = [
  'auto',
  'pjrt',
  'pjrt-bfloat16',
  'pjrt-float32',
  'onnx',
  'onnx-webgpu',
  'onnx-cuda',
  'tfjs-cpu',
  'tfjs-node-gpu',
] as const;
export const TEMPLATE_CHOICES = ['auto', 'alpaca', 'alpaca-newline', 'chat', 'plain'] as const;
export const MODEL_CHOICES = ['tiny'] as const;
export const METHOD_CHOICES = [
  'pharmacist',
  'bilevel',
  'random',
  'full',
  'perplexity',
  'oracle',
  'less',
  'el2n',
  'grand',
  'seal',
  'dsir',
  'ifd',
  'superfiltering',
  'k-center',
  'facility-location',
  'rds',
  'larf',
  'datashield',
  'bi-anchor',
] as const;
export const FILTER_CHOICES = ['dedupe'] as const;
export const DEFENSE_CHOICES = ['sft', 'vaccine', 't-vaccine', 'booster', 'repnoise'] as const;
export const JUDGE_CHOICES = ['ngram', 'refusal-keywords', 'beaver-dam', 'openai'] as const;
export const EXECUTOR_CHOICES = ['local', 'ray', 'slurm'] as const;
export const TASK_CHOICES = ['sst2', 'agnews', 'intents', 'gsm8k', 'exact-match'] as const;

/** Each method with the defaults of the options that `--set` changes. */
export const METHOD_DEFAULTS = {
  pharmacist: {
    prior: 'public',
    form: 'losses',
    copies: 70,
    wordsPenalty: 1.5,
    similarityPenalty: 1,
    formPenalty: 0.7,
    poolWordsPenalty: 1,
  },
  bilevel: {
    checkpoints: [0, 40, 120],
    influences: ['validation', 'contrast'],
    wordWeight: 0.25,
    harmfulWeight: 1,
    toxic: 'none',
    toxicSteps: 60,
    innerSteps: 1,
    validation: 'auto',
    pseudoRows: 150,
    pseudoMinTokens: 16,
    harmfulRows: 100,
    poolRows: 150,
    scorer: 'tabular',
    amortisedShare: 0.3,
    layerShare: 1,
    loraRank: 8,
    loraAlpha: 16,
    learningRate: 0.001,
    trainBatchSize: 16,
  },
  random: {},
  full: {},
  perplexity: { order: 'lowest', of: 'answer' },
  oracle: { good: ['good'] },
  less: {
    target: 'validation',
    type: 'adam',
    projectionDim: 8192,
    projectionSeed: 0,
    warmupShare: 0.05,
    epochs: 4,
    loraRank: 8,
    loraAlpha: 16,
    learningRate: 0.001,
    trainBatchSize: 16,
  },
  el2n: { runs: 3, steps: 40, order: 'highest', skipHighest: 0, loraRank: 8, loraAlpha: 16, learningRate: 0.001, trainBatchSize: 16 },
  grand: { runs: 3, steps: 40, order: 'highest', skipHighest: 0, loraRank: 8, loraAlpha: 16, learningRate: 0.001, trainBatchSize: 16 },
  seal: {
    epochs: 3,
    trainBatchSize: 16,
    epochLength: 'pool',
    upperWeight: 1,
    upperWeightDecay: 0.03,
    weights: 'softmax',
    selectorLearningRate: 0.005,
    loraRank: 8,
    loraAlpha: 16,
    learningRate: 0.001,
  },
  dsir: { target: 'trusted', text: 'both', order: 'gumbel', numBuckets: 10000, smoothing: 0, minLength: 0, perNgram: false },
  ifd: {
    dropAboveOne: true,
    experienced: false,
    clusters: 100,
    rowsPerCluster: 10,
    experienceEpochs: 1,
    loraRank: 8,
    loraAlpha: 16,
    learningRate: 0.001,
    trainBatchSize: 16,
  },
  superfiltering: { model: 'tiny', dropAboveOne: true },
  'k-center': { part: 'both', numPicks: 20000 },
  'facility-location': { part: 'both', numAnchors: 2000 },
  rds: { pooling: 'weighted-mean', layer: 'normed', selection: 'round-robin' },
  larf: { layer: 'search', scale: 1.1, numAnchors: 100, top: 100 },
  datashield: { layer: 'search', numAnchors: 100 },
  'bi-anchor': { form: 'gradients', anchorTokens: 10, trustedWeight: 2, loraRank: 8, numNearest: 1 },
} as const;

/** Each filter with the defaults of its options. */
export const FILTER_DEFAULTS = { dedupe: { threshold: 0.8, numHashes: 128, shingleSize: 3 } } as const;

/** What `--keep`, `--seed`, … are when they are not given. */
export const DEFAULTS = {
  model: 'tiny',
  method: 'pharmacist',
  keep: 0.43,
  seed: 0,
  template: 'auto',
  maxLength: 256,
  batchSize: 8,
  engine: 'auto',
} as const;
