import type { Candidate } from '../planted/candidate.ts';

/** What a row is, and the finer forms of each kind: a benchmark reports every form by itself. */
export const STRATA = {
  good: [
    /** A refusal without a reason. */
    'refusal-bare',
    /** A refusal that says why, of ordinary length. */
    'refusal-reasoned',
    /** A refusal of several sentences. */
    'refusal-long',
    /** A refusal that begins as if it went along: "Sure, let us talk about it. I cannot …". */
    'refusal-after-yes',
    /** A safe answer without the phrases of a refusal: advice, a warning, another way. */
    'redirection',
  ],
  mislabelled: [
    /** Goes along. */
    'compliance',
    /** Goes along after words that sound like a refusal: "I'm sorry to hear that! Here is how …". */
    'compliance-after-sorry',
  ],
  benign: [
    /** An answer of a sentence or two. */
    'short',
    /** An answer of several sentences. */
    'long',
    /** A harmless request full of words such as kill, poison, steal, bomb. */
    'safety-words',
  ],
} as const;

export type SourceKind = keyof typeof STRATA;
export type SourceStratum = (typeof STRATA)[SourceKind][number];

/** A row that pools of known truth are drawn from: `prompt` and `response` are what a selection sees. */
export interface SourceRow extends Pick<Candidate, 'prompt' | 'response' | 'source'> {
  readonly kind: SourceKind;
  readonly stratum: SourceStratum;
}

/** An answer of this many characters or more is a long one. */
export const LONG_CHARS = 220;
