import { expect, it } from 'vitest';
import { TypedList } from './typed-list.ts';

it('holds what was pushed', () => {
  const list = new TypedList((length) => new Uint32Array(length));
  for (let i = 0; i < 5000; i++) list.push(i * 3);
  list.set(4999, 7);
  expect([list.length, list.at(0), list.at(4998), list.at(4999)]).toEqual([5000, 0, 14_994, 7]);
  expect(list.values()).toHaveLength(5000);
  expect(list.values()).toBeInstanceOf(Uint32Array);
});
