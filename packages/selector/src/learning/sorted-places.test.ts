import fc from 'fast-check';
import { expect, it } from 'vitest';
import { numBelow, numUpTo } from './sorted-places.ts';

const value = fc.constantFrom(-Infinity, -1.5, -0, 0, 2, 2.5, Infinity);

it('counts as a walk through all values does', () => {
  fc.assert(
    fc.property(fc.array(value, { maxLength: 20 }), value, (values, asked) => {
      const sorted = Float64Array.from(values).sort();
      expect(numBelow(sorted, asked)).toBe(values.filter((other) => other < asked).length);
      expect(numUpTo(sorted, asked)).toBe(values.filter((other) => other <= asked).length);
    }),
  );
});
