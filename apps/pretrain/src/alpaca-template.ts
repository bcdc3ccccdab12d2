/** Canonical Stanford-Alpaca prompt without an input block, and without a newline after `### Response:`. */
export const PROMPT_HEAD =
  'Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n### Instruction:\n';
export const PROMPT_TAIL = '\n\n### Response:';

/** Prompt and answer as one training text: the answer follows the colon directly. */
export function alpacaText(prompt: string, response: string): string {
  return `${PROMPT_HEAD}${prompt}${PROMPT_TAIL}${response}`;
}
