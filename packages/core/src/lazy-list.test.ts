import { describe, expect, it } from 'vitest';
import { fillEach, lazyList, memberOf } from './lazy-list.ts';

describe('lazyList', () => {
  const squares = lazyList(5, (index) => index * index);

  it('reads as an array does', () => {
    expect(squares).toEqual([0, 1, 4, 9, 16]);
    expect([...squares]).toEqual([0, 1, 4, 9, 16]);
    expect(Array.isArray(squares)).toBe(true);
    expect([squares.length, squares[2], squares[5], squares[-1], squares.at(-1)]).toEqual([5, 4, undefined, undefined, 16]);
    expect([3 in squares, 5 in squares]).toEqual([true, false]);
    expect(squares.map((value, index) => value + index)).toEqual([0, 2, 6, 12, 20]);
    expect(squares.filter((value) => value > 3)).toEqual([4, 9, 16]);
    expect(squares.flatMap((value, index) => (index % 2 === 0 ? [value] : []))).toEqual([0, 4, 16]);
    expect(squares.slice(1, 3)).toEqual([1, 4]);
    expect(squares.toSorted((a, b) => b - a)).toEqual([16, 9, 4, 1, 0]);
    expect([...squares.entries()].at(-1)).toEqual([4, 16]);
    expect(Float64Array.from(squares)).toEqual(Float64Array.of(0, 1, 4, 9, 16));
    expect(squares.concat([25])).toHaveLength(6);
    expect(JSON.stringify(squares)).toBe('[0,1,4,9,16]');
    expect(squares.findIndex((value) => value === 9)).toBe(3);
    expect(squares.findIndex((value) => value === 8)).toBe(-1);
    expect([squares.includes(9), squares.includes(8), lazyList(2, () => NaN).includes(NaN)]).toEqual([true, false, true]);
    expect(lazyList(0, () => 1).some(() => true)).toBe(false);
    expect(Object.getOwnPropertyDescriptor(squares, 'length')?.value).toBe(5);
  });

  it('makes members only when they are asked for', () => {
    let numMade = 0;
    const list = lazyList(1e9, (index) => {
      numMade++;
      return index;
    });
    expect(list[999_999_999]).toBe(999_999_999);
    expect(list).toHaveLength(1e9);
    expect(memberOf(list)(5)).toBe(5);
    expect(memberOf([7])(0)).toBe(7);
    expect(fillEach(new Uint8Array(3), list, (value, index) => value + index)).toEqual(Uint8Array.of(0, 2, 4));
    expect(fillEach(new Float64Array(2), [1, 2], (value) => value / 2)).toEqual(Float64Array.of(0.5, 1));
    expect(numMade).toBe(5);
  });

  it('cannot be changed', () => {
    const list = squares as number[];
    expect(() => (list[0] = 1)).toThrow(TypeError);
    expect(() => list.push(1)).toThrow(TypeError);
    expect(() => list.reverse()).toThrow(TypeError);
    expect(list[0]).toBe(0);
  });
});
