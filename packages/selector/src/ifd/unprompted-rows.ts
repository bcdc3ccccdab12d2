import { lazyList } from '@pharmacist/core';
import type { LanguageModel, TokenizedRow } from '@pharmacist/language-model';
import type { SelectionContext } from '../selector.ts';

/** Prompts that share no token, so that what their texts end alike in is the template's. */
const PROBES = ['yes', '42'] as const;

/**
 * The same answers without their prompts: BOS if the template has it, what the template ends every prompt with, then the row's own answer
 * tokens, cut where the row is cut. With the Alpaca template that end is "### Response:", the text of IFD's code.
 */
export function unpromptedRows(context: SelectionContext, model: LanguageModel, rows: readonly TokenizedRow[]): readonly TokenizedRow[] {
  const head = headOf(context, model);
  return lazyList(rows.length, (index) => {
    const row = rows[index]!;
    return {
      get inputIds() {
        return Int32Array.from([...head, ...row.inputIds.subarray(Math.max(1, row.numPromptTokens))]);
      },
      numPromptTokens: head.length,
      truncated: row.truncated,
      hasTargets: row.hasTargets,
    };
  });
}

function headOf(context: SelectionContext, model: LanguageModel): number[] {
  const { tokenizer } = model;
  const [one, other] = PROBES.map((prompt) => {
    const { inputIds, numPromptTokens } = context.tokenize({ prompt, response: '' }, { model });
    return [...inputIds.subarray(0, numPromptTokens)];
  }) as [number[], number[]];
  let length = 0;
  while (length < Math.min(one.length, other.length) && one.at(-1 - length) === other.at(-1 - length)) length++;
  const end = one.slice(one.length - length);
  // Line breaks belong to the prompt they follow, unless the template ends in nothing else.
  const isBlank = (id: number) => tokenizer.decode([id], { skipSpecialTokens: false }).trim() === '';
  while (end.length > 1 && isBlank(end[0]!)) end.shift();
  const head = tokenizer.bosId !== null && one[0] === tokenizer.bosId && end[0] !== tokenizer.bosId ? [tokenizer.bosId, ...end] : end;
  // Something must come before the first answer token, or it would not be predicted: texts follow on one another.
  return head.length > 0 ? head : [tokenizer.eosId];
}
