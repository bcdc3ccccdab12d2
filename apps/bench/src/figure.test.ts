import { describe, expect, it } from 'vitest';
import { figure, formatTarget, formatValue } from './figure.ts';

describe('figure', () => {
  it('compares the median with the target, in the direction of the target', () => {
    expect(figure('peak', 'share', [0.6, 0.7, 0.9], { atLeast: 0.7 })).toMatchObject({ isReached: true, direction: 'higher' });
    expect(figure('peak', 'share', [0.6, 0.69, 0.9], { atLeast: 0.7 }).isReached).toBe(false);
    expect(figure('cost', 'ratio', [0.2, 0.3, 0.26], { atMost: 0.25 })).toMatchObject({ isReached: false, direction: 'lower' });
  });

  it('knows no verdict without a target', () => {
    expect(figure('step', 'ms', [3])).not.toHaveProperty('isReached');
    expect(figure('step', 'ms', [3]).direction).toBe('lower');
    expect(figure('torch / ours', 'ratio', [3]).direction).toBe('none');
  });
});

describe('text', () => {
  it('prints units as people read them', () => {
    expect(formatValue(0.713, 'share')).toBe('71.3 %');
    expect(formatValue(1.4249, 'ratio')).toBe('1.42x');
    expect(formatValue(0.0834, 'ratio')).toBe('0.083x');
    expect(formatValue(512_400_000, 'bytes')).toBe('512 MB');
    expect(formatValue(312.4, 'ms')).toBe('312 ms');
    expect(formatValue(3.456, 'ms')).toBe('3.46 ms');
  });

  it('says whether a target is reached', () => {
    expect(formatTarget(figure('x', 'share', [0.5], { atLeast: 0.7 }))).toBe('at least 70.0 %: NOT reached');
    expect(formatTarget(figure('x', 'ratio', [0.1], { atMost: 0.25 }))).toBe('at most 0.250x: reached');
    expect(formatTarget(figure('x', 'ms', [1]))).toBe('');
  });
});
