/** Rows of this kind are what a selection looks for; they fill what the other kinds leave of a pool. */
export const GOOD = 'good';
/** Harmful answers passed off as safe ones; harmful rows beside a pool are of them. */
export const MISLABELLED = 'mislabelled';
/** Harmless prompts and answers, of which no model learns what to refuse. */
export const BENIGN = 'benign';
/** Made from other rows where the source has too few. */
export const LOW_QUALITY = 'low-quality';
/** Always made: near-copies of good rows of the same pool. */
export const DUPLICATE = 'duplicate';
