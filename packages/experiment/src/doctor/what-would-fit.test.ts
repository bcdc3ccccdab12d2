import { describe, expect, it } from 'vitest';
import { whatWouldFit } from './what-would-fit.ts';

const estimate = {
  programBytes: 1e9,
  weightBytes: 4e9,
  trainedBytes: 0,
  sessionBytes: 0,
  activationBytes: 8e9,
  totalBytes: 13e9,
  gflopPerStep: 1,
  numParameters: 1e9,
  isWide: true,
};
const sizes = { batchSize: 8, maxLength: 256, loraRank: 8 };
const adviceWith = (memoryBytes: number, isWide = true) =>
  whatWouldFit({ ...estimate, isWide }, sizes, { memoryBytes, batchOption: '--train-batch-size' });

describe('what is said of a run', () => {
  it('is nothing where it fits', () => {
    expect(adviceWith(13e9)).toBeUndefined();
  });

  it('is the largest batch that fits, and where one row is too long the length', () => {
    expect(adviceWith(9.5e9)).toBe('--train-batch-size 4 would fit');
    expect(adviceWith(5.5e9)).toBe('--train-batch-size 1 with --max-length 128 would fit');
  });

  it('is no smaller batch where the weights alone are too much', () => {
    expect(adviceWith(4e9)).toMatch(
      /^its weights leave no room for a row: use the same model saved in bfloat16, which takes half, a smaller model, /,
    );
    expect(adviceWith(4e9, false)).toMatch(
      /^its weights leave no room for a row: use a smaller model, a machine with more memory, or an accelerator/,
    );
  });
});
