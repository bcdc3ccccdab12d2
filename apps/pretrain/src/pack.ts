import { join } from 'node:path';
import { sha256, writeFileAtomic, writeJsonAtomic } from '@pharmacist/core';
import type { BpeEncoder } from './bpe-encoder.ts';
import type { Corpus, Document } from './corpus.ts';
import { BOS_ID, EOS_ID } from './tokenizer-files.ts';

export interface PackReport {
  /** Tokens, BOS and EOS included. */
  numTokens: number;
  numDocuments: number;
  numChars: number;
  tokensBySource: Record<string, number>;
  sha256: string;
}

/** Token ids of `documents` end to end, each as `<|bos|> text <|eos|>`. */
export function packDocuments(documents: readonly Document[], encoder: BpeEncoder): { ids: Uint16Array; report: PackReport } {
  const encoded = documents.map(({ text }) => encoder.encode(text));
  const numTokens = encoded.reduce((sum, ids) => sum + ids.length + 2, 0);
  const ids = new Uint16Array(numTokens);
  const tokensBySource: Record<string, number> = {};
  let offset = 0;
  documents.forEach(({ source }, index) => {
    const textIds = encoded[index]!;
    ids[offset] = BOS_ID;
    ids.set(textIds, offset + 1);
    ids[offset + 1 + textIds.length] = EOS_ID;
    offset += textIds.length + 2;
    tokensBySource[source] = (tokensBySource[source] ?? 0) + textIds.length + 2;
  });
  const numChars = documents.reduce((sum, { text }) => sum + text.length, 0);
  return {
    ids,
    report: { numTokens, numDocuments: documents.length, numChars, tokensBySource, sha256: sha256(littleEndianBytes(ids)) },
  };
}

/**
 * Writes `train.u16`, `heldout.u16` (little-endian unsigned 16-bit ids without a header) and `pack.json` (counts and hashes).
 * @returns what `pack.json` says.
 */
export async function writePackedCorpus(
  folder: string,
  corpus: Corpus,
  encoder: BpeEncoder,
): Promise<{ train: PackReport; heldout: PackReport }> {
  const train = packDocuments(corpus.train, encoder);
  const heldout = packDocuments(corpus.heldout, encoder);
  await writeFileAtomic(join(folder, 'train.u16'), littleEndianBytes(train.ids));
  await writeFileAtomic(join(folder, 'heldout.u16'), littleEndianBytes(heldout.ids));
  const report = { train: train.report, heldout: heldout.report };
  await writeJsonAtomic(join(folder, 'pack.json'), report);
  return report;
}

function littleEndianBytes(ids: Uint16Array): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(ids.length * 2));
  ids.forEach((id, index) => bytes.setUint16(index * 2, id, true));
  return new Uint8Array(bytes.buffer);
}
