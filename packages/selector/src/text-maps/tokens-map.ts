import { promptTemplate, type TokenizedRow, tokenizeRow, withOneBound } from '@pharmacist/language-model';
import type { FoundLists, TextMap } from './text-map.ts';

/** How rows become tokens. */
export interface TokensParameters extends Record<string, unknown> {
  readonly template: string;
  readonly maxLength: number;
  /** Whether the ids are wanted, or only what is known of them. */
  readonly isKept: boolean;
}

/** Training texts of rows as tokens: `inputIds`, and `about`: tokens of the prompt, whether the text was cut, whether it has targets. */
export const tokensMap: TextMap<TokensParameters> = {
  name: 'tokens',
  lists: ['inputIds', 'about'],
  open({ tokenizer }, { template: templateName, maxLength, isKept }) {
    const template = promptTemplate(templateName, tokenizer);
    return (texts) => {
      const numCharacters = texts.reduce((sum, { text: { prompt, response } }) => sum + prompt.length + response.length, 0);
      return withOneBound(numCharacters, () =>
        texts.map(({ text, where }): FoundLists => {
          const row = tokenizeRow(text, tokenizer, template, maxLength, { where });
          return { inputIds: isKept ? row.inputIds : [], about: [row.numPromptTokens, Number(row.truncated), Number(row.hasTargets)] };
        }),
      );
    };
  },
};

/** Tokens of a row, with ids in any list. */
export type FoundTokens = Omit<TokenizedRow, 'inputIds'> & { readonly inputIds: ArrayLike<number> };

/** A row again; without ids where they were not kept. */
export function tokensFound({ inputIds, about }: FoundLists): FoundTokens {
  const [numPromptTokens, truncated, hasTargets] = Array.from(about!);
  return { inputIds: inputIds!, numPromptTokens: numPromptTokens!, truncated: truncated === 1, hasTargets: hasTargets === 1 };
}
