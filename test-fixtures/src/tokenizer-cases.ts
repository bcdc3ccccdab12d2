import { readFileSync } from 'node:fs';

import { goldenPath } from './paths.ts';

/** The tokenizers under `golden/tokenizers/`, named after the model family whose pipeline each copies. */
export const tokenizerKinds = ['gpt2', 'llama3', 'qwen2', 'smollm', 'llama2', 'mistral'] as const;

export type TokenizerKind = (typeof tokenizerKinds)[number];

/** One string and what Python's `tokenizers` makes of it. */
export interface TokenizerCase {
  text: string;
  /** Ids without the tokens that the post-processor adds. */
  ids: number[];
  /** The vocabulary entries of `ids`. */
  tokens: string[];
  idsWithSpecialTokens: number[];
  /** `idsWithSpecialTokens` decoded with special tokens kept. */
  decoded: string;
  /** `idsWithSpecialTokens` decoded with special tokens left out. */
  decodedSkipSpecialTokens: string;
}

/** Reads the cases of one tokenizer. @throws Error if the file is missing or not JSON. */
export function readTokenizerCases(kind: TokenizerKind): TokenizerCase[] {
  return JSON.parse(readFileSync(goldenPath('tokenizers', kind, 'cases.json'), 'utf8')) as TokenizerCase[];
}
