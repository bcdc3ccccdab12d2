import { goldenPath, readTokenizerCases, tokenizerKinds } from '@pharmacist/test-fixtures';
import { describe, expect, it } from 'vitest';
import { Tokenizer } from './tokenizer.ts';

describe.each(tokenizerKinds)('%s agrees with the tokenizers library on every case', (kind) => {
  it('encodes and decodes', async () => {
    const tokenizer = await Tokenizer.load(goldenPath(`tokenizers/${kind}`));
    const cases = readTokenizerCases(kind);
    expect(cases.length).toBeGreaterThan(20);
    for (const { text, ids, idsWithSpecialTokens, decoded, decodedSkipSpecialTokens } of cases) {
      const label = JSON.stringify(text);
      expect(tokenizer.encode(text, { addSpecialTokens: false }), label).toEqual(ids);
      expect(tokenizer.encode(text), label).toEqual(idsWithSpecialTokens);
      expect(tokenizer.decode(idsWithSpecialTokens, { skipSpecialTokens: false }), label).toBe(decoded);
      expect(tokenizer.decode(idsWithSpecialTokens), label).toBe(decodedSkipSpecialTokens);
    }
  });
});

it('byte tokens that are not UTF-8 give one replacement character each, as in the reference', async () => {
  const tokenizer = await Tokenizer.load(goldenPath('tokenizers/llama2'));
  const byte = (hex: string) => tokenizer.idOf(`<0x${hex}>`)!;
  expect(tokenizer.decode([byte('41'), byte('E2'), byte('82')])).toBe('\ufffd\ufffd\ufffd');
  expect(tokenizer.decode([byte('E2'), byte('82'), byte('AC')])).toBe('€');
});
