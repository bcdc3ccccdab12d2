import { sha256 } from '@pharmacist/core';
import { describe, expect, it } from 'vitest';
import type { TokenizedRow } from '../tokenize-row.ts';
import { hashOfRows } from './fine-tune.ts';

const MAX_STRING_LENGTH = 2 ** 29 - 24;

function row(numPromptTokens: number, inputIds: Int32Array): TokenizedRow {
  return { inputIds, numPromptTokens, truncated: false, hasTargets: true };
}

describe('hashOfRows', () => {
  it('is the hash of the rows as lines of one text, which states of earlier versions name', () => {
    expect(hashOfRows([])).toBe(sha256(''));
    expect(hashOfRows([row(2, Int32Array.of(1, 17, 4)), row(1, Int32Array.of(1)), row(1, Int32Array.of(9, 2))])).toBe(
      sha256('2:1,17,4\n1:1\n1:9,2'),
    );
  });

  it('takes rows whose text is longer than a string may be', () => {
    const long = Object.assign(Int32Array.of(1), { join: () => '1'.repeat(2 ** 22) });
    const rows = Array.from({ length: Math.ceil(MAX_STRING_LENGTH / 2 ** 22) }, () => row(1, long));
    expect(hashOfRows(rows)).toMatch(/^[0-9a-f]{64}$/);
  });
});
