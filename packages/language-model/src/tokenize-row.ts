import { ConfigError } from '@pharmacist/core';
import type { Prompt, PromptTemplate } from './prompt-template.ts';
import type { Tokenizer } from './tokenizer.ts';

export interface PromptedRow extends Prompt {
  readonly response: string;
}

/** Token ids of one training text. */
export interface TokenizedRow {
  /** i32 [L], 1 <= L <= maxLength: prompt + answer + the token that ends it, cut at maxLength. */
  readonly inputIds: Int32Array;
  /** Tokens that carry no label, BOS included; at most L. */
  readonly numPromptTokens: number;
  readonly truncated: boolean;
  /** False if the prompt alone reaches the limit: such a row teaches nothing and must be left out, or a batch of them has no mean loss. */
  readonly hasTargets: boolean;
}

export interface TokenizeOptions {
  /** Where the row is from, for messages. */
  readonly where?: string | undefined;
  /** Tokens of the prompt, if they are known from another row of the same prompt: it is not tokenised again then. */
  readonly numPromptTokens?: number | undefined;
}

/**
 * Tokenises prompt + answer + the token that ends it (EOS, or that of the model's chat template) as one text. The
 * prompt is tokenised alone to obtain its length, and that many first tokens carry no label: where the last character of the prompt merges
 * with the first of the response, the count is that of the prompt alone, as in the reference code of Vaccine and Booster.
 * @param maxLength limit in tokens, at least 1; the end of the text is cut.
 * @throws {DataError} if it holds a token that the model has no embedding for. @throws {ConfigError} if the template refuses it.
 */
export function tokenizeRow(
  row: PromptedRow,
  tokenizer: Tokenizer,
  template: PromptTemplate,
  maxLength: number,
  { where, numPromptTokens: known }: TokenizeOptions = {},
): TokenizedRow {
  const promptText = renderPrompt(row, template, where);
  const answer = template.answer?.(row.response) ?? row.response;
  const texts = [promptText + answer, ...(known === undefined ? [promptText] : [])];
  const [ids, promptIds] = encodeWithoutEos(texts, tokenizer, template, where) as [number[], number[]?];
  const endId = template.endId ?? tokenizer.eosId;
  if (!answer.endsWith(tokenizer.tokenOf(endId)!)) ids.push(endId);
  const inputIds = Int32Array.from(ids.slice(0, maxLength));
  const numPromptTokens = Math.min(known ?? promptIds!.length, inputIds.length);
  return { inputIds, numPromptTokens, truncated: ids.length > maxLength, hasTargets: inputIds.length > Math.max(numPromptTokens, 1) };
}

/**
 * Token ids of a prompt to be answered: `template.render(prompt)` without an EOS. The end is kept if it is too long.
 * @param where the prompt is from, for messages.
 * @throws {DataError} if it holds a token that the model has no embedding for. @throws {ConfigError} if the template refuses it.
 */
export function tokenizePrompt(
  prompt: Prompt,
  tokenizer: Tokenizer,
  template: PromptTemplate,
  maxLength: number,
  where?: string,
): Int32Array {
  return Int32Array.from(encodeWithoutEos([renderPrompt(prompt, template, where)], tokenizer, template, where)[0]!.slice(-maxLength));
}

/**
 * The text of a prompt.
 * @param where the prompt is from. @throws {ConfigError} naming that if the model's template refuses the prompt.
 */
export function renderPrompt(prompt: Prompt, template: PromptTemplate, where: string | undefined): string {
  try {
    return template.render(prompt);
  } catch (error) {
    if (!(error instanceof ConfigError) || where === undefined) throw error;
    throw new ConfigError(error.message, { where, hint: error.hint, cause: error });
  }
}

/** Without an EOS that the tokenizer appends by itself (`add_eos_token`); one that a text ends with stays. */
function encodeWithoutEos(texts: readonly string[], tokenizer: Tokenizer, template: PromptTemplate, where: string | undefined): number[][] {
  const eos = tokenizer.tokenOf(tokenizer.eosId)!;
  return tokenizer.encodeEach(texts, { addSpecialTokens: !template.hasSpecialTokens, where }).map((ids, i) => {
    const isAppended = ids.at(-1) === tokenizer.eosId && !texts[i]!.endsWith(eos);
    return isAppended ? ids.slice(0, -1) : ids;
  });
}
