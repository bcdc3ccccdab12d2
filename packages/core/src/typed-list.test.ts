import { expect, it } from 'vitest';
import { TypedList } from './typed-list.ts';

it.each([0, 1, 1024, 5000, 2 ** 18, 2 ** 18 + 1, 600_000])('holds %d numbers', (length) => {
  const list = new TypedList((size) => new Uint32Array(size));
  for (let i = 0; i < length; i++) list.push(i * 3);
  expect(list.length).toBe(length);
  const values = list.values();
  expect(values).toHaveLength(length);
  let numWrong = 0;
  for (let i = 0; i < length; i++) if (list.at(i) !== i * 3 || values[i] !== i * 3) numWrong++;
  expect(numWrong).toBe(0);
});

it('lets a number be changed', () => {
  const list = new TypedList((size) => new Float64Array(size));
  for (let i = 0; i < 300_000; i++) list.push(0.5);
  for (const index of [0, 262_143, 262_144, 299_999]) list.set(index, index);
  expect([0, 1, 262_143, 262_144, 299_998, 299_999].map((index) => list.at(index))).toEqual([0, 0.5, 262_143, 262_144, 0.5, 299_999]);
  const values = list.values();
  expect(values.reduce((sum, value) => sum + value, 0)).toBe(0.5 * 299_996 + 262_143 + 262_144 + 299_999);
});

it('has nothing behind its end', () => {
  const list = new TypedList((size) => new Uint8Array(size));
  list.push(7);
  expect(list.values()).toEqual(Uint8Array.of(7));
});
