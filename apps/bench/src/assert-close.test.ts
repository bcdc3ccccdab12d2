import { describe, expect, it } from 'vitest';
import { assertClose } from './assert-close.ts';

describe('assertClose', () => {
  it('passes within the tolerance, relative to the expected value', () => {
    expect(() => assertClose('loss', 100.009, 100, 1e-4)).not.toThrow();
  });

  it('names both values and the difference beyond it', () => {
    expect(() => assertClose('loss', 100.02, 100, 1e-4)).toThrow('loss: 100.02 and 100 differ by 2.0e-4, more than 0.0001');
  });

  it.each([NaN, Infinity])('never takes %s for a result', (value) => {
    expect(() => assertClose('loss', value, 1, 1e-4)).toThrow('differ');
    expect(() => assertClose('loss', 1, NaN, 1e-4)).toThrow('differ');
  });
});
