import type { PromptedRow, TokenizedRow } from '@pharmacist/language-model';
import { randomRows } from '@pharmacist/language-model/test-support';
import type { PoolRow, TextRow } from '../../src/selector.ts';

const FIRST_WORD = 3;

/** A row whose prompt leaves no room for an answer. */
export function rowWithoutTargets(seed: string, length: number): TokenizedRow {
  const [row] = randomRows(seed, 1, { length });
  return { ...row!, numPromptTokens: length, truncated: true, hasTargets: false };
}

/** A row with a text of its own: words that stand for its tokens. */
export function textRow(tokens: TokenizedRow): TextRow {
  const words = Array.from(tokens.inputIds, (id) => `w${id}`);
  const prompt = words.slice(0, tokens.numPromptTokens).join(' ');
  return { text: { prompt, response: words.slice(tokens.numPromptTokens).join(' ') }, tokens };
}

/** The other way round: tokens of such a text, with no template; words that no token stands for are the first word. */
export function tokensOfWords({ prompt, response }: PromptedRow, maxLength: number): TokenizedRow {
  const ids = (text: string) =>
    text
      .split(' ')
      .filter((word) => word !== '')
      .map((word) => (/^w\d+$/.test(word) ? Number(word.slice(1)) : FIRST_WORD));
  const promptIds = ids(prompt).slice(0, maxLength);
  const inputIds = Int32Array.from([...promptIds, ...ids(response)].slice(0, maxLength));
  const numPromptTokens = promptIds.length;
  return { inputIds, numPromptTokens, truncated: false, hasTargets: inputIds.length > Math.max(numPromptTokens, 1) };
}

/** Rows as a pool, with ids `row-000`, `row-001`, ... */
export function poolOf(rows: readonly TokenizedRow[]): PoolRow[] {
  return rows.map((tokens, index) => ({
    id: `row-${String(index).padStart(3, '0')}`,
    kind: index % 2 === 0 ? 'good' : 'benign',
    ...textRow(tokens),
  }));
}
