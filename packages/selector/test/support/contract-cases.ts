import { SELECTORS } from '../../src/registry.ts';
import { SMALL } from './small-config.ts';

type Options = Readonly<Record<string, unknown>>;

/** Forms of a method that take other paths, by what tells them apart; `''` is the plain one. A method without an entry runs with its defaults. */
const FORMS: Readonly<Record<string, Readonly<Record<string, Options>>>> = {
  pharmacist: {
    '': { copies: 9 },
    'form by text, without the prior': { prior: 'none', form: 'text' },
    'words alone': { form: 'none', similarityPenalty: 0 },
  },
  bilevel: {
    '': SMALL,
    'all influences': { ...SMALL, checkpoints: [0], influences: ['validation', 'pool', 'contrast'] },
    // Checkpoints within the lower level are in the plain form.
    'toxic init, inner steps, pseudo': { ...SMALL, checkpoints: [0, 3], toxic: 'init', innerSteps: 4, validation: 'pseudo' },
    amortised: { ...SMALL, checkpoints: [0, 3], scorer: 'amortised', amortisedShare: 0.5, toxic: 'shift' },
    'influences alone': { ...SMALL, checkpoints: [0], wordWeight: 0 },
  },
  // One checkpoint interval is crossed. A batch holds the pool of equal rows: where it does not, rows part by when they are drawn.
  seal: {
    '': { epochs: 12, loraRank: 2 },
    sigmoid: { epochs: 3, loraRank: 2, weights: 'sigmoid', epochLength: 'shorter' },
  },
  el2n: {
    '': { runs: 2, steps: 6, loraRank: 2, learningRate: 1e-2, trainBatchSize: 4 },
    'base model, lowest': { steps: 0, loraRank: 2, order: 'lowest' },
  },
  grand: {
    '': { runs: 2, steps: 6, loraRank: 2, learningRate: 1e-2, trainBatchSize: 4 },
    'highest skipped': { runs: 1, steps: 0, loraRank: 2, skipHighest: 0.2 },
  },
  less: {
    '': { epochs: 2, loraRank: 2, trainBatchSize: 4, projectionDim: 64 },
    'exact, SGD, against harmful': { epochs: 1, loraRank: 2, projectionDim: 0, type: 'sgd', target: 'against-harmful' },
  },
  dsir: {
    '': { numBuckets: 1000 },
    'top-k, smoothed': { numBuckets: 1000, order: 'top-k', smoothing: 0.5, text: 'response', target: 'harmful' },
    'per n-gram': { numBuckets: 1000, order: 'top-k', perNgram: true },
  },
  perplexity: { '': {}, 'middle, of prompts': { order: 'middle', of: 'prompt' } },
  ifd: {
    '': {},
    experienced: { experienced: true, clusters: 3, rowsPerCluster: 3, experienceEpochs: 8, loraRank: 2, trainBatchSize: 3 },
  },
  'k-center': { '': {}, 'few picks, answers': { part: 'answer', numPicks: 7 } },
  'facility-location': { '': {}, 'few anchors, prompts': { part: 'prompt', numAnchors: 5 } },
  rds: { '': {}, 'max, answers of the first layer': { selection: 'max', pooling: 'answer-mean', layer: 1 } },
  larf: { '': {}, 'top 2 of 3 pairs, final norm': { layer: 'normed', top: 2, numAnchors: 3 } },
  datashield: { '': {}, 'first layer': { layer: 1 } },
  'bi-anchor': { '': { anchorTokens: 3, loraRank: 2 }, representations: { form: 'representations', numNearest: 2 } },
};

/** Cases whose score is a draw a row: equal rows differ. */
export const DRAWS: ReadonlySet<string> = new Set(['random', 'oracle', 'dsir']);

/** Cases in which what is drawn changes nothing: any seed gives the same scores. One that draws nothing need not stand here. */
export const WITHOUT_DRAWS: ReadonlySet<string> = new Set([
  'full',
  'perplexity',
  'perplexity, middle, of prompts',
  'el2n, base model, lowest',
  'dsir, top-k, smoothed',
  'dsir, per n-gram',
  'ifd',
  'superfiltering',
  'k-center',
  'k-center, few picks, answers',
  'facility-location',
  'rds',
  'rds, max, answers of the first layer',
  'larf',
  'larf, top 2 of 3 pairs, final norm',
  'datashield',
  'datashield, first layer',
  'bi-anchor, representations',
]);

/** Methods whose score says what a row adds to those picked before: of equal rows the first stands for all, and the others add nothing. */
export const STANDS_FOR_EQUALS: ReadonlySet<string> = new Set(['facility-location']);

/** Every method in each of its forms: label, name, options. */
export const CONTRACT_CASES: readonly (readonly [label: string, method: string, options: Options])[] = SELECTORS.names.flatMap((name) =>
  Object.entries(FORMS[name] ?? { '': {} }).map(([form, options]) => [form === '' ? name : `${name}, ${form}`, name, options] as const),
);
