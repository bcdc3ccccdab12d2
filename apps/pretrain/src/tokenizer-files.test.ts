import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Template } from '@huggingface/jinja';
import { Tokenizer } from '@huggingface/tokenizers';
import { describe, expect, it } from 'vitest';
import { writeJsonAtomic } from '@pharmacist/core';
import { alpacaText } from './alpaca-template.ts';
import { BpeEncoder } from './bpe-encoder.ts';
import { trainBpe } from './bpe-trainer.ts';
import { BOS_ID, SPECIAL_TOKENS, readTokenizerFile, tokenizerConfigJson, tokenizerJson, writeTokenizerFiles } from './tokenizer-files.ts';

const TEXTS = ['The cat sat on the mat, and the hat.', "don't count 12 or 345", 'naïve café', 'the the the\n\n\tthe'];
const vocabulary = trainBpe(TEXTS, { vocabSize: 300, specialTokens: SPECIAL_TOKENS });

describe('tokenizer.json', () => {
  const tokenizer = new Tokenizer(tokenizerJson(vocabulary), tokenizerConfigJson());
  const encoder = new BpeEncoder(vocabulary);

  it.each([...TEXTS, '', '   ', ' 5  67 x²½ ٣٤ Ⅻ', 'emoji 👩‍👩‍👧 日本', 'a\u0000b\r\n', "it's I'LL ###", alpacaText('Why?', 'Because.')])(
    'gives the ids of the packing encoder, after BOS: %j',
    (text) => {
      expect(tokenizer.encode(text).ids).toEqual([BOS_ID, ...encoder.encode(text)]);
      expect(tokenizer.decode(tokenizer.encode(text).ids, { skip_special_tokens: true })).toBe(text);
    },
  );

  it('knows the special tokens inside text', () => {
    expect(tokenizer.encode('<|eos|>', { add_special_tokens: false }).ids).toEqual([2]);
    expect(tokenizer.token_to_id('<|pad|>')).toBe(0);
  });
});

describe('chat template', () => {
  it('is the Alpaca prompt, one a user turn', () => {
    const { chat_template } = tokenizerConfigJson() as { chat_template: string };
    const text = new Template(chat_template).render({
      messages: [
        { role: 'user', content: 'Say "hi".' },
        { role: 'assistant', content: 'hi' },
      ],
      bos_token: '<|bos|>',
      eos_token: '<|eos|>',
    });
    expect(text).toBe(`<|bos|>${alpacaText('Say "hi".', 'hi')}<|eos|>`);
    expect(text).toContain('### Instruction:\nSay "hi".\n\n### Response:hi');
  });
});

describe('readTokenizerFile', () => {
  it('reads what was written, and refuses another form', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pretrain-'));
    try {
      await writeTokenizerFiles(folder, vocabulary);
      expect(await readTokenizerFile(folder)).toEqual(vocabulary);
      await writeJsonAtomic(join(folder, 'tokenizer.json'), { model: { type: 'Unigram' } });
      await expect(readTokenizerFile(folder)).rejects.toThrow('byte-level BPE');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
