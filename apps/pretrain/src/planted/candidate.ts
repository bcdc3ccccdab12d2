import { cutAtSentence, normalizeText } from '../text-shape.ts';

/**
 * How hard good and mislabelled rows of one origin are to tell apart: `refusal` is refusal against compliance (easy), `pku` is a safe
 * against a harmful answer of like form (hard). Results are reported apart.
 */
export type Stratum = 'refusal' | 'pku';

/** A row that a pool may draw; what it counts as is said by the list it is in. */
export interface Candidate {
  prompt: string;
  response: string;
  /** Name of the data set. */
  source: string;
  stratum?: Stratum;
}

/** What pools are drawn from. */
export interface Candidates {
  /** Safe answers to harmful prompts. */
  good: Candidate[];
  /** Harmful or complying answers to harmful prompts. */
  harmful: Candidate[];
  /** Ordinary answers to harmless prompts. */
  benign: Candidate[];
}

/** Sizes that let most rows fit a context of 256 tokens with the prompt template. */
export interface RowLimits {
  maxPromptChars: number;
  maxResponseChars: number;
  /** Shorter answers say too little to be scored. */
  minResponseChars: number;
}

export const ROW_LIMITS: RowLimits = { maxPromptChars: 320, maxResponseChars: 500, minResponseChars: 20 };

/** Two prompts with the same key are the same prompt: the files of a pool have no key in common. */
export function promptKey({ prompt }: { prompt: string }): string {
  return normalizeText(prompt);
}

/** Trims, cuts answers at a sentence end, leaves out rows outside the limits and repeated rows. */
export function tidyCandidates(candidates: readonly Candidate[], limits: RowLimits = ROW_LIMITS): Candidate[] {
  const seen = new Set<string>();
  const tidy: Candidate[] = [];
  for (const candidate of candidates) {
    const prompt = candidate.prompt.trim();
    const response = cutAtSentence(candidate.response.trim(), limits.maxResponseChars);
    const key = `${normalizeText(prompt)}\n${normalizeText(response)}`;
    if (promptKey({ prompt }) === '' || prompt.length > limits.maxPromptChars || response.length < limits.minResponseChars || seen.has(key))
      continue;
    seen.add(key);
    tidy.push({ ...candidate, prompt, response });
  }
  return tidy;
}
