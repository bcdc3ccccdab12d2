import { lazyList } from '@pharmacist/core';
import type { TokenizedRow } from '@pharmacist/language-model';

/**
 * Each row's prompt as a text of its own, whose tokens are all targets but the first: what the model makes of the prompt alone, with the
 * template's words, as in the "pre" analysis of IFD's code. No targets where the row has none or its prompt is one token.
 */
export function promptTexts(rows: readonly TokenizedRow[]): readonly TokenizedRow[] {
  return lazyList(rows.length, (index) => {
    const row = rows[index]!;
    const { numPromptTokens, hasTargets } = row;
    return {
      get inputIds() {
        return row.inputIds.subarray(0, Math.max(1, numPromptTokens));
      },
      numPromptTokens: 0,
      truncated: false,
      hasTargets: hasTargets && numPromptTokens > 1,
    };
  });
}
