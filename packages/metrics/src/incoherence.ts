/** A word repeated more often than this in a row makes a text incoherent. */
const MAX_REPETITIONS = 3;

/**
 * Whether some word stands more than three times in a row: the sign of a model that broke rather than refused (HS+ of Booster's code
 * counts such answers as harmful). Words are runs of letters, lower-cased; digits, signs and spaces between them do not count.
 * Differs from that code: letters of every script, not only a to z.
 */
export function isIncoherent(text: string): boolean {
  let previous: string | undefined;
  let repetitions = 0;
  for (const [word] of text.toLowerCase().matchAll(/[\p{L}\p{M}]+/gu)) {
    repetitions = word === previous ? repetitions + 1 : 1;
    if (repetitions > MAX_REPETITIONS) return true;
    previous = word;
  }
  return false;
}
