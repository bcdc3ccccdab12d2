import { expect, it } from 'vitest';
import * as api from './index.ts';

it('exports every defense by name', () => {
  const exported = Object.values(api) as unknown[];
  expect([...api.DEFENSES].filter((defense) => !exported.includes(defense)).map(({ name }) => name)).toEqual([]);
});
