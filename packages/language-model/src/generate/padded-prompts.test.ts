import { expect, it } from 'vitest';
import { MASKED_SCORE } from '../decoder/attend.ts';
import { padPrompts } from './padded-prompts.ts';

it('pads on the left, counts positions from the first token and masks the rest', () => {
  const padded = padPrompts([Int32Array.of(7, 8), Int32Array.of(4, 5, 6)], 4, 3, 9);
  const masked = MASKED_SCORE;
  expect(padded.inputIds).toEqual(Int32Array.of(9, 9, 7, 8, 9, 4, 5, 6, 9, 9, 9, 9));
  expect(padded.positions).toEqual(Int32Array.of(0, 0, 0, 1, 0, 0, 1, 2, 0, 0, 0, 0));
  expect(padded.mask).toEqual(Float32Array.of(masked, masked, 0, 0, masked, 0, 0, 0, masked, masked, masked, masked));
});
