import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { sha256 } from '@pharmacist/core';
import { BpeEncoder } from './bpe-encoder.ts';
import { trainBpe } from './bpe-trainer.ts';
import { packDocuments, writePackedCorpus } from './pack.ts';
import { SPECIAL_TOKENS } from './tokenizer-files.ts';

const encoder = new BpeEncoder(trainBpe(['ab ab'], { vocabSize: 261, specialTokens: SPECIAL_TOKENS }));

it('packs documents end to end between BOS and EOS', () => {
  const { ids, report } = packDocuments(
    [
      { text: 'ab', source: 'gsm8k' },
      { text: 'a', source: 'wikitext' },
    ],
    encoder,
  );
  expect([...ids]).toEqual([1, 259, 2, 1, encoder.encode('a')[0], 2]);
  expect(report).toMatchObject({ numTokens: 6, numDocuments: 2, numChars: 3, tokensBySource: { gsm8k: 3, wikitext: 3 } });
});

it('writes little-endian files whose hashes the report names', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pretrain-'));
  try {
    const report = await writePackedCorpus(folder, { train: [{ text: 'ab', source: 'gsm8k' }], heldout: [] }, encoder);
    const bytes = await readFile(join(folder, 'train.u16'));
    expect([...bytes]).toEqual([1, 0, 3, 1, 2, 0]);
    expect(report.train.sha256).toBe(sha256(bytes));
    expect((await readFile(join(folder, 'heldout.u16'))).length).toBe(0);
  } finally {
    await rm(folder, { recursive: true });
  }
});
