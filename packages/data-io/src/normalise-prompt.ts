const ENDS = /^[\p{P}\s]+|[\p{P}\s]+$/gu;

/**
 * The form in which two prompts count as the same for leak checks and splits: Unicode NFKC, lower case, runs of white space as one space,
 * no punctuation or space at the ends. A prompt of punctuation alone keeps it. Idempotent.
 */
export function normalisePrompt(text: string): string {
  // Lower-casing can leave a form that NFKC changes again (a capital with a mark), hence twice.
  const folded = text.normalize('NFKC').toLowerCase().normalize('NFKC').replace(/\s+/gu, ' ').trim();
  return folded.replace(ENDS, '') || folded;
}
