import { expect, it } from 'vitest';
import { mergesFromScores } from './sentence-piece-merges.ts';

// Expected order made with `generate_merges` of transformers 5.23.0 on the same vocabulary.
it('lists every split of a piece into pieces, best score first, as the converter of transformers does', () => {
  const pieces = new Map(['a', 'b', '▁', 'ab', 'ba', '▁a', 'aba', 'abab', '▁ab', '𝔘', 'a𝔘'].map((piece, id) => [piece, id]));
  const scores = [0, 0, 0, -1, -2, -2, -3, -4, -4, 0, -5];
  expect(mergesFromScores(pieces, scores)).toEqual([
    ['a', 'b'],
    ['b', 'a'],
    ['▁', 'a'],
    ['ab', 'a'],
    ['a', 'ba'],
    ['aba', 'b'],
    ['ab', 'ab'],
    ['▁a', 'b'],
    ['▁', 'ab'],
    ['a', '𝔘'],
  ]);
});
