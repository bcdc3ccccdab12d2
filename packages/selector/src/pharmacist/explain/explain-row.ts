import type { ColumnValues, Finding, PoolRow, Reason, RowReasons, TextRow } from '../../selector.ts';
import { NUM_ROW_NUMBERS } from '../form/row-numbers.ts';
import { type Fold, hashedRow, type HashedRow } from '../fold.ts';
import type { Chances } from '../good-share.ts';
import type { Heads } from '../heads.ts';
import type { HeadValues, Penalties } from '../joint-score.ts';
import type { Measures } from '../measures.ts';
import { SIMILARITIES, SIMILARITY_NAMES, type SimilarityName } from '../similarity.ts';
import { usualRow, type WordShare } from '../words/word-shares.ts';
import { formFindings } from './form-findings.ts';
import { poolPlaces } from './pool-place.ts';

/** A fitted pharmacist. */
export interface Fitted {
  readonly pool: readonly PoolRow[];
  readonly foldOf: (i: number) => Fold;
  readonly heads: Heads;
  readonly measures: Measures;
  readonly values: HeadValues;
  readonly penalties: Penalties;
  readonly scores: Float64Array;
  readonly chances: Chances | undefined;
  /** Places of rows that stand for the pool. */
  readonly originals: readonly number[];
  /** In the order in which rows are held against them. */
  readonly trusted: readonly HashedRow[];
  /** In the order of their file. */
  readonly trustedInFile: readonly TextRow[];
}

/** Most words that are named for, and against, a row. */
const MOST_WORDS = 5;
/** Share of all that words of one side add that a word has to add to be named. */
const LEAST_SHARE = 0.03;

const HEAD_NAMES: Readonly<Record<keyof Penalties, string>> = {
  words: 'words',
  similarity: 'similarity',
  form: 'form',
  poolWords: 'words of the pool',
};

const PARTS: Readonly<Record<SimilarityName, string>> = {
  trusted_similarity: 'answer',
  trusted_start_similarity: 'its beginning',
  trusted_end_similarity: 'its end',
  trusted_prompt_similarity: 'prompt',
};

/** Why a row of the pool has its score, head by head. Memory: once it is asked, 8 bytes a row of the pool for each number that is looked up. */
export function rowExplainer(fitted: Fitted): (row: PoolRow) => RowReasons | undefined {
  const { pool, values, penalties, scores, heads, measures, chances } = fitted;
  let indices: Map<string, number> | undefined;
  let usual: Float64Array | undefined;
  const sorted = new Map<string, ReturnType<typeof poolPlaces>>();
  const placesOf = (name: string, column: () => ColumnValues) => {
    let places = sorted.get(name);
    if (places === undefined) sorted.set(name, (places = poolPlaces(column())));
    return places;
  };
  const reason = (head: keyof Penalties, i: number, findings: readonly Finding[]): Reason => {
    const amount = penalties[head][i]!;
    const { rank, numRanked } = placesOf(head, () => penalties[head])(amount);
    return { about: HEAD_NAMES[head], amount, rank, numRanked, findings };
  };
  let numbers: readonly Float64Array[] | undefined;
  const number = (k: number) => placesOf(`number ${k}`, () => (numbers ??= numbersOf(fitted))[k]!);
  return (row) => {
    indices ??= new Map(pool.map(({ id }, i) => [id, i]));
    const i = indices.get(row.id);
    if (i === undefined || Number.isNaN(scores[i]!)) return undefined;
    const { words, form, hasSimilarities, poolWords } = heads;
    const amounts = form?.contributions(measures.numbers(i), fitted.foldOf(i)) ?? new Float64Array(NUM_ROW_NUMBERS);
    const wordsOf = (shares: (usual: Float64Array) => readonly WordShare[]) => wordFindings(shares((usual ??= usualOf(fitted))));
    return {
      summary: chances && likelihood(chances, scores[i]!),
      reasons: [
        ...(words
          ? [
              reason(
                'words',
                i,
                wordsOf((others) => words.shares(row.text.response, others)),
              ),
            ]
          : []),
        ...(hasSimilarities
          ? [
              reason(
                'similarity',
                i,
                similarityFindings(fitted, i, (name, k) => placesOf(name, () => values.similarities[k]!)),
              ),
            ]
          : []),
        ...(form
          ? [
              reason(
                'form',
                i,
                formFindings(measures.numbers(i), amounts, (k, value) => number(k)(value)),
              ),
            ]
          : []),
        ...(poolWords
          ? [
              reason(
                'poolWords',
                i,
                wordsOf((others) => poolWords.shares(row.text.response, fitted.foldOf(i), others)),
              ),
            ]
          : []),
      ],
    };
  };
}

/** Each number of all rows, f64 [N] each; all at once, since some are found in the texts. */
function numbersOf({ pool, measures }: Fitted): Float64Array[] {
  const columns = Array.from({ length: NUM_ROW_NUMBERS }, () => new Float64Array(pool.length).fill(NaN));
  for (const [i, { tokens }] of pool.entries()) {
    if (tokens.hasTargets) measures.numbers(i).forEach((value, k) => (columns[k]![i] = value));
  }
  return columns;
}

function usualOf({ pool, originals }: Fitted): Float64Array {
  return usualRow(originals.map((place) => pool[place]!.text.response));
}

function likelihood({ goodShare, probability }: Chances, score: number): string {
  return `The row is good with a probability ${written(probability(score))}; of the pool ${(100 * goodShare).toFixed(0)} % seem to be good.`;
}

function written(probability: number): string {
  if (probability < 0.01) return 'below 0.01';
  return probability > 0.99 ? 'above 0.99' : `of ${probability.toFixed(2)}`;
}

function wordFindings(shares: readonly WordShare[]): Finding[] {
  const side = (text: string, sign: 1 | -1): Finding[] => {
    const own = shares.filter(({ amount }) => sign * amount > 0).sort((a, b) => sign * (b.amount - a.amount));
    const least = LEAST_SHARE * own.reduce((sum, { amount }) => sum + Math.abs(amount), 0);
    const spans = own.flatMap(({ span, amount }) => (span && Math.abs(amount) >= least ? [span] : []));
    return spans.length === 0 ? [] : [{ text, spans: spans.slice(0, MOST_WORDS) }];
  };
  return [...side('against it', -1), ...side('for it', 1)];
}

function similarityFindings(
  { measures, values, trusted, trustedInFile }: Fitted,
  i: number,
  placesOf: (name: SimilarityName, k: number) => ReturnType<typeof poolPlaces>,
): Finding[] {
  const cosines = values.similarities.map((column) => column[i]!);
  const { hash } = trusted[measures.nearest(i)]!;
  const line = 1 + trustedInFile.findIndex((row) => hashedRow(row).hash === hash);
  const parts = SIMILARITY_NAMES.map((name, k) => `${PARTS[name]} ${(100 * placesOf(name, k)(cosines[k]!).share).toFixed(0)} %`);
  const first = cosines[Object.keys(SIMILARITIES).indexOf('trusted_similarity')]!;
  return [
    { text: `nearest trusted row: number ${line} of ${trustedInFile.length}, cosine ${first.toFixed(3)}` },
    { text: `nearer to a trusted row than this share of the pool: ${parts.join(', ')}` },
  ];
}
