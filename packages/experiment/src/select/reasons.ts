import type { Reason } from '@pharmacist/selector';
import { z } from 'zod';

const findingSchema = z.object({ text: z.string(), spans: z.array(z.tuple([z.int(), z.int()])).optional() });
const reasonSchema = z.object({
  about: z.string(),
  amount: z.number(),
  rank: z.number(),
  numRanked: z.number(),
  findings: z.array(findingSchema),
});
const reasonsSchema = z.object({ summary: z.string().optional(), reasons: z.array(reasonSchema) });

/** What a reason says of a row, with words of its answer. */
export interface ToldFinding {
  readonly text: string;
  /** Words that it speaks of: those that may be shown. */
  readonly words?: readonly string[];
  /** How many others it speaks of. */
  readonly numHidden?: number;
}

export interface ToldReason extends Omit<Reason, 'findings'> {
  readonly findings: readonly ToldFinding[];
}

export interface ToldReasons {
  readonly summary?: string;
  readonly reasons: readonly ToldReason[];
}

/** Which words of answers are shown. */
export interface ShownWords {
  isShown(word: string): boolean;
}

/** All words where texts were asked for; else those that the trusted answers have, too: of a harmful answer nothing is shown that is not in a safe one. */
export function shownWords(trustedAnswers: readonly string[], { showText }: { readonly showText: boolean }): ShownWords {
  if (showText) return { isShown: () => true };
  const known = new Set(trustedAnswers.flatMap((answer) => wordsIn(answer)));
  return { isShown: (word) => wordsIn(word).every((part) => known.has(part)) };
}

/** @param json of the column `reasons`. @param answer that its spans are of. */
export function tellReasons(json: string, answer: string, shown: ShownWords): ToldReasons {
  const { summary, reasons } = reasonsSchema.parse(JSON.parse(json));
  return {
    ...(summary !== undefined && { summary }),
    reasons: reasons.map(({ findings, ...reason }) => ({ ...reason, findings: findings.map((finding) => told(finding, answer, shown)) })),
  };
}

function told({ text, spans }: z.infer<typeof findingSchema>, answer: string, { isShown }: ShownWords): ToldFinding {
  if (spans === undefined) return { text };
  const all = spans.map(([start, end]) => answer.slice(start, end));
  const words = all.filter(isShown);
  return { text, words, ...(words.length < all.length && { numHidden: all.length - words.length }) };
}

function wordsIn(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{M}'’]+|[^\p{L}\p{M}\s'’]/gu) ?? [];
}
