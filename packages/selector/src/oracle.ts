import { DataError, fillEach } from '@pharmacist/core';
import { z } from 'zod';
import { defineSelector } from './define-selector.ts';

const config = z.strictObject({
  /** Kinds that count as good. */
  good: z.array(z.string()).min(1).default(['good']),
});

/**
 * What no method can beat: good rows of a planted pool above all others, in random order within both. It bounds what selection can gain, so a
 * protocol in which it gains nothing cannot compare methods.
 */
export const oracle = defineSelector({
  name: 'oracle',
  summary: 'ground truth of a planted pool: the bound that no method can pass',
  source: 'ours',
  cost: 'none',
  passes: 'none',
  config,
  needs: () => ['kinds'],
  async fit({ pool, random }, { good }) {
    const withoutKind = pool.findIndex(({ kind }) => kind === undefined);
    if (withoutKind >= 0) {
      throw new DataError('has no field "kind", so the truth about it is unknown', {
        where: `alignment row ${pool[withoutKind]!.id}`,
        hint: 'the oracle needs a planted pool: every row with "kind": "good" or another kind',
      });
    }
    const scores = fillEach(new Float64Array(pool.length), pool, ({ id, kind, tokens }) =>
      tokens.hasTargets ? (good.includes(kind!) ? 1 : 0) + random.split('row', id).uniform() : NaN,
    );
    return { scores };
  },
});
