import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { promptTemplate, type PromptTemplate } from './prompt-template.ts';
import { tokenizePrompt, tokenizeRow } from './tokenize-row.ts';
import { Tokenizer } from './tokenizer.ts';

const TINY = join(dirname(fileURLToPath(import.meta.url)), '../../../packages/bundled/models/tiny');
const ROW = { prompt: 'Name a colour.', response: 'Blue' };

let tokenizer: Tokenizer;
let alpaca: PromptTemplate;
beforeAll(async () => {
  tokenizer = await Tokenizer.load(TINY);
  alpaca = promptTemplate('alpaca', tokenizer);
});

describe('tokenizeRow', () => {
  it('labels the response and EOS, not BOS and the prompt', () => {
    const { inputIds, numPromptTokens, truncated, hasTargets } = tokenizeRow(ROW, tokenizer, alpaca, 512);
    expect(inputIds[0]).toBe(tokenizer.bosId);
    expect(inputIds.at(-1)).toBe(tokenizer.eosId);
    expect(tokenizer.decode(inputIds.subarray(0, numPromptTokens), { skipSpecialTokens: false })).toBe(`<|bos|>${alpaca.render(ROW)}`);
    expect(tokenizer.decode(inputIds.subarray(numPromptTokens), { skipSpecialTokens: false })).toBe('Blue<|eos|>');
    expect({ truncated, hasTargets }).toEqual({ truncated: false, hasTargets: true });
  });

  it('does not repeat an EOS that the response ends with', () => {
    const plain = tokenizeRow(ROW, tokenizer, alpaca, 512);
    expect(tokenizeRow({ ...ROW, response: 'Blue<|eos|>' }, tokenizer, alpaca, 512)).toEqual(plain);
  });

  it('cuts the end, and reports a row whose prompt alone reaches the limit', () => {
    const whole = tokenizeRow(ROW, tokenizer, alpaca, 512);
    const cut = tokenizeRow(ROW, tokenizer, alpaca, whole.numPromptTokens + 1);
    expect(cut.inputIds).toEqual(whole.inputIds.subarray(0, whole.numPromptTokens + 1));
    expect(cut).toMatchObject({ truncated: true, hasTargets: true, numPromptTokens: whole.numPromptTokens });
    for (const maxLength of [1, 5, whole.numPromptTokens]) {
      const row = tokenizeRow(ROW, tokenizer, alpaca, maxLength);
      expect(row).toMatchObject({ truncated: true, hasTargets: false, numPromptTokens: maxLength });
      expect(row.inputIds.length).toBe(maxLength);
    }
  });

  it('is not truncated at exactly the limit', () => {
    const { inputIds } = tokenizeRow(ROW, tokenizer, alpaca, 512);
    expect(tokenizeRow(ROW, tokenizer, alpaca, inputIds.length).truncated).toBe(false);
  });

  it('an empty response has EOS as its only target', () => {
    const { inputIds, numPromptTokens } = tokenizeRow({ ...ROW, response: '' }, tokenizer, alpaca, 512);
    expect([...inputIds.subarray(numPromptTokens)]).toEqual([tokenizer.eosId]);
  });

  it('does not add BOS to a chat template that writes it', () => {
    const { inputIds } = tokenizeRow(ROW, tokenizer, promptTemplate('chat', tokenizer), 512);
    expect([...inputIds].filter((id) => id === tokenizer.bosId)).toHaveLength(1);
  });
});

describe('tokenizePrompt', () => {
  it('is the labelless part, and keeps its end when cut', () => {
    const { inputIds, numPromptTokens } = tokenizeRow(ROW, tokenizer, alpaca, 512);
    expect(tokenizePrompt(ROW, tokenizer, alpaca, 512)).toEqual(inputIds.slice(0, numPromptTokens));
    expect(tokenizePrompt(ROW, tokenizer, alpaca, 3)).toEqual(inputIds.slice(numPromptTokens - 3, numPromptTokens));
  });
});
