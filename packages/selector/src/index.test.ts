import { expect, it } from 'vitest';
import * as api from './index.ts';

it('exports every method and every filter by name', () => {
  const exported = Object.values(api) as unknown[];
  const missing = [...api.SELECTORS, ...api.FILTERS].filter((definition) => !exported.includes(definition)).map(({ name }) => name);
  expect(missing).toEqual([]);
});
