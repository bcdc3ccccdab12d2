import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sortInTurns } from './sort-in-turns.ts';

it('sorts as a stable sort does, whatever the size of the parts', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 60 }), fc.integer({ min: 1, max: 20 }), async (keys, size) => {
      const compare = (a: number, b: number) => keys[a]! - keys[b]!;
      expect(await sortInTurns(keys.length, compare, { size })).toEqual(Int32Array.from(keys.map((_, i) => i).sort(compare)));
    }),
  );
});

it('ends on request', async () => {
  await expect(sortInTurns(10, () => 0, { size: 2, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
});
