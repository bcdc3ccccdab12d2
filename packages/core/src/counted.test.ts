import { expect, it } from 'vitest';
import { counted } from './counted.ts';

it('puts a noun into the plural unless there is one', () => {
  expect([0, 1, 2, 1500].map((count) => counted(count, 'row'))).toEqual(['0 rows', '1 row', '2 rows', '1,500 rows']);
});
