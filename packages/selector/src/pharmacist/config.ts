import { z } from 'zod';
import { WORD_PRIORS } from './words/word-prior.ts';

const weight = z.number().min(0).finite();

/** Options of the Pharmacist selector. */
export const pharmacistConfig = z.strictObject({
  /** What words are learned on top of: the bundled model of public data, one that left a source of it out, or nothing. */
  prior: z.enum([...WORD_PRIORS, 'none']).default('public'),
  /**
   * How spoiled answers are told: by text and token losses, for which spoiled copies are read by the model too; by text alone, which costs nothing beside the
   * pass over the pool, and gives no probabilities; or not at all.
   */
  form: z.enum(['losses', 'text', 'none']).default('losses'),
  /** Rows of the pool, and trusted rows, of which the model reads one spoiled copy each. */
  copies: z.int().min(1).default(70),
  /** What each head counts in the score; 0 leaves it out. */
  wordsPenalty: weight.default(1.5),
  similarityPenalty: weight.default(1),
  formPenalty: weight.default(0.7),
  poolWordsPenalty: weight.default(1),
});

export type PharmacistConfig = z.infer<typeof pharmacistConfig>;
