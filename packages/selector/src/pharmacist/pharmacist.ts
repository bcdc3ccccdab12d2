/**
 * The Pharmacist selector (ours): a selector that is trained anew for each pool, on labels that it plants itself. What it is given are rows that are known to be good
 * (trusted: harmful prompt, safe answer) and known to be harmful; what it makes are spoiled copies of trusted and pool rows (spoil.ts). Three heads learn from them, a fourth from what these say of the pool:
 *
 *   words        log-odds of a logistic regression on hashed words of the answer: trusted answers against harmful ones and spoiled copies, drawn
 *                towards a bundled model of public data (words/)
 *   similarity   largest cosines with trusted rows, of hidden states over the answer, its first tokens, its last token and the end of the prompt (similarity.ts)
 *   form         log-odds of boosted trees on token losses and shape: rows as they are against spoiled copies (form/)
 *   pool words   log-odds of a logistic regression on words of the pool itself: the rows that the three rank first against those that they rank last (words/pool-words.ts)
 *
 * and join by a soft minimum (joint-score.ts): a row must be good on every count. Where there are trusted and harmful rows, scores become probabilities (calibrate.ts).
 *
 * Cost: one forward pass over the pool, the trusted rows, up to 2 * copies spoiled copies and 40 harmful rows; no backward pass. Memory: about 240 bytes a row of the pool.
 * Rows never seen are scored, too. The bilevel form of the paper that the project is named after (arXiv 2510.10085, reconstructed) is the method `bilevel`.
 */
import { ConfigError } from '@pharmacist/core';
import { movedOptions } from '../bilevel/moved-options.ts';
import { assertTrainable } from '../gradients/trainable-rows.ts';
import { defineSelector } from '../define-selector.ts';
import type { PoolRow, SelectionContext } from '../selector.ts';
import { calibrate } from './calibrate.ts';
import { type PharmacistConfig, pharmacistConfig } from './config.ts';
import { rowExplainer } from './explain/explain-row.ts';
import { hashedRow } from './fold.ts';
import { fitForm, type Heads, headValues } from './heads.ts';
import { jointScore, sumOfPenalties } from './joint-score.ts';
import { labelledRows, MOST_ORIGINALS } from './labelled-rows.ts';
import { type HashedPool, hashPool } from './pool-sample.ts';
import { readRows } from './read-rows.ts';
import { SIMILARITY_NAMES } from './similarity.ts';
import { fitPoolWords, type PoolWords } from './words/pool-words.ts';
import { fitWordHead } from './words/word-head.ts';
import { wordPrior } from './words/word-prior.ts';

/** Rows of the pool that teach its words, the first and the last of them. */
const POOL_WORD_ROWS = 4000;

export const pharmacist = defineSelector({
  name: 'pharmacist',
  summary: 'trained on labels it plants itself: words, nearness to trusted rows and form of each answer must all be good',
  source: 'ours',
  cost: 'forward',
  passes: '1 forward pass over the pool, trusted rows, up to 140 spoiled copies and 40 harmful rows',
  uses: () => ['trusted', 'harmful'],
  config: pharmacistConfig,
  movedOptions,
  explains: true,
  rowBytes: () => 240,
  async fit(context, config) {
    assertTrainable(context.pool);
    checkTrusted(context, config);
    const pool = await hashPool(context);
    const labelled = labelledRows(context, config, pool);
    const prior = config.prior === 'none' ? undefined : await wordPrior(config.prior);
    const known = { trusted: labelled.trusted, harmful: labelled.harmful, copies: labelled.wordCopies };
    // Without losses there are no probabilities (calibrate.ts).
    const learning = { prior, isHeldOutAsked: config.form === 'losses', signal: context.signal };
    // Words are learned beside the reading: the model computes in a thread of its own.
    const [words, read] = await Promise.all([
      config.wordsPenalty === 0 ? undefined : fitWordHead(known, learning),
      readRows(context, config, labelled),
    ]);
    const form = config.form === 'none' || config.formPenalty === 0 ? undefined : await fitForm(context, labelled, read, pool.foldOf);
    const taught: Heads = { words, form, hasSimilarities: read.hasSimilarities };
    if (!words && !form && !read.hasSimilarities) throw nothingToRankBy();

    const weights = {
      words: config.wordsPenalty,
      similarity: config.similarityPenalty,
      form: config.formPenalty,
      poolWords: config.poolWordsPenalty,
    };
    const said = await headValues(context, taught, context.pool, read.pool, { foldOf: pool.foldOf });
    const poolWords =
      config.poolWordsPenalty === 0 ? undefined : await learnPoolWords(context, pool, sumOfPenalties(jointScore(said, weights)(said)));
    const heads: Heads = { ...taught, poolWords };
    const ofPool = { foldOf: pool.foldOf, phase: 'Words of the pool' };
    const values = poolWords
      ? { ...(await headValues(context, { poolWords, hasSimilarities: false }, context.pool, read.pool, ofPool)), ...said }
      : said;
    const penaltiesOf = jointScore(values, weights);
    const penalties = penaltiesOf(values);
    const scores = sumOfPenalties(penalties);
    const chances = await calibrate(context, { heads, labelled, read, penaltiesOf, values, scores });
    if (chances) context.note('goodShare', chances.goodShare);
    return {
      scores,
      columns: {
        ...(chances && { good_probability: scores.map((score) => (Number.isNaN(score) ? NaN : chances.probability(score))) }),
        ...(words && { words_penalty: penalties.words, words_log_odds: values.words! }),
        ...(read.hasSimilarities && {
          similarity_penalty: penalties.similarity,
          ...Object.fromEntries(SIMILARITY_NAMES.map((name, k) => [name, values.similarities[k]!])),
        }),
        ...(form && { form_penalty: penalties.form, form_log_odds: values.form! }),
        ...(poolWords && { pool_words_penalty: penalties.poolWords, pool_words_log_odds: values.poolWords! }),
        // The base model's mean loss on each answer, and that of the token that ends it.
        ...(config.form === 'losses' && { loss: read.pool.losses('loss'), end_of_text_loss: read.pool.losses('end_of_text_loss') }),
      },
      explain: rowExplainer({
        pool: context.pool,
        foldOf: pool.foldOf,
        heads,
        measures: read.pool,
        values,
        penalties,
        scores,
        chances,
        originals: pool.sample(MOST_ORIGINALS),
        trusted: labelled.trusted,
        trustedInFile: context.trusted,
      }),
      score: async (rows: readonly PoolRow[]) => {
        const measures = await read.read(rows);
        const unseen = await headValues(context, heads, rows, measures, { foldOf: (i) => hashedRow(rows[i]!).fold });
        return sumOfPenalties(penaltiesOf(unseen));
      },
    };
  },
});

/** The pool's own words, from a sample of it by what the other heads say. @param scores by them, f64 [N]. */
async function learnPoolWords(
  { pool: rows, signal }: SelectionContext,
  pool: HashedPool,
  scores: Float64Array,
): Promise<PoolWords | undefined> {
  const places = pool.sample(POOL_WORD_ROWS);
  return await fitPoolWords(
    places.map((place) => ({ answer: rows[place]!.text.response, fold: pool.foldOf(place), score: scores[place]! })),
    signal,
  );
}

/** Says what is missing without trusted rows. @throws {ConfigError} if nothing would be left to rank by. */
function checkTrusted(context: SelectionContext, { prior, form, ...weights }: PharmacistConfig): void {
  const hasTrusted = context.trusted.some(({ tokens }) => tokens.hasTargets);
  const hasWords = weights.wordsPenalty > 0 && (hasTrusted || prior !== 'none');
  const hasForm = weights.formPenalty > 0 && form !== 'none';
  if (!hasWords && !hasForm && !(hasTrusted && weights.similarityPenalty > 0)) throw nothingToRankBy();
  if (hasTrusted) return;
  const by = [...(hasWords ? ['by the bundled words'] : []), ...(hasForm ? ['by form'] : [])].join(' and ');
  context.reporter.warn(
    `no trusted validation rows (--validation): rows are ranked ${by} alone, and get no probabilities; 20 trusted rows rank better`,
  );
}

function nothingToRankBy(): ConfigError {
  return new ConfigError(
    'with these rows and options nothing says which rows are good: neither words, nor similarity to trusted rows, nor form',
    {
      where: 'method pharmacist',
      hint: 'add --validation FILE with harmful prompts and safe answers, or leave prior, form and the weights as they are',
    },
  );
}
