import { planBatches, type TokenizedRow } from '@pharmacist/language-model';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { batchPlan, countRowBatches } from './row-batches.ts';

it('plans what planBatches plans for the rows that have targets', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.boolean()), { maxLength: 60 }),
      fc.integer({ min: 1, max: 9 }),
      (specs, batchSize) => {
        const rows = specs.map(([length, hasTargets]): TokenizedRow => ({
          inputIds: new Int32Array(length),
          numPromptTokens: 0,
          truncated: false,
          hasTargets,
        }));
        const usable = rows.flatMap(({ hasTargets }, index) => (hasTargets ? [index] : []));
        const lengths = usable.map((index) => rows[index]!.inputIds.length);
        const expected = planBatches(lengths, { batchSize, seed: 0, epoch: 0, groupByLength: true });
        expect([...batchPlan(rows, batchSize)]).toEqual(expected.map((members) => members.map((member) => usable[member]!)));
        expect(countRowBatches(rows, batchSize)).toBe(expected.length);
      },
    ),
  );
});
