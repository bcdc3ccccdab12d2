import { describe, expect, it } from 'vitest';
import { interleave, type Variant } from './harness.ts';

describe('interleave', () => {
  const recorded = (calls: string[], name: string): Variant => ({
    name,
    run: async () => {
      calls.push(name);
      return calls.length;
    },
  });

  it('runs A B A B and drops the warm-up', async () => {
    const calls: string[] = [];
    const values = await interleave([recorded(calls, 'a'), recorded(calls, 'b')], { rounds: 2, warmup: 1 });
    expect(calls).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
    expect(values.get('a')).toEqual([3, 5]);
    expect(values.get('b')).toEqual([4, 6]);
  });

  it('tells of counted rounds only', async () => {
    const rounds: number[] = [];
    await interleave([recorded([], 'a')], { rounds: 3, warmup: 2, onRound: (round) => rounds.push(round) });
    expect(rounds).toEqual([0, 1, 2]);
  });

  it('refuses two variants of one name: one would swallow the other', async () => {
    await expect(interleave([recorded([], 'a'), recorded([], 'a')], { rounds: 1, warmup: 0 })).rejects.toThrow('share a name');
  });

  it('stops at the first failure', async () => {
    const fails = { name: 'fails', run: async () => await Promise.reject(new Error('peer died')) };
    await expect(interleave([fails], { rounds: 1, warmup: 0 })).rejects.toThrow('peer died');
  });
});
