import fc from 'fast-check';
import { expect, it } from 'vitest';
import { innerProduct } from './inner-product.ts';

it('is the sum of products, for every length and place', () => {
  const integers = fc.array(fc.integer({ min: -99, max: 99 }), { maxLength: 20 });
  const property = fc.property(integers, integers, (before, values) => {
    const b = Float64Array.from(values, (value) => value + 1);
    const expected = values.reduce((sum, value) => sum + value * (value + 1), 0);
    expect(innerProduct(Float64Array.from([...before, ...values]), b, before.length)).toBe(expected);
  });
  fc.assert(property);
});
