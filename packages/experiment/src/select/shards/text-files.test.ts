import { decodeState, encodeState, type State } from '@pharmacist/core';
import type { FoundLists, MappedText } from '@pharmacist/selector';
import { describe, expect, it } from 'vitest';
import { planTexts } from './shard-plan.ts';
import { FoundTexts, packTexts, textsFound, unpackTexts } from './text-files.ts';

const texts: (MappedText | undefined)[] = [
  { text: { prompt: 'A?', response: 'Lines\nof "text" \ud83d\ude00, a lone \ud83d and \0.' }, where: 'pool.jsonl:1' },
  undefined,
  { text: { prompt: 'null', response: '' } },
];
const throughFile = (state: State) => decodeState(Buffer.concat(encodeState(state))) as State;

describe('texts of a range', () => {
  it('are the same after a file, whatever is in them', () => {
    const packed = throughFile(packTexts({ textAt: (index) => texts[index - 10] }, { from: 10, to: 13 }));
    expect(unpackTexts(packed)).toEqual(texts);
  });

  it('are not taken from a file of something else', () => {
    const { meta, arrays } = packTexts({ textAt: (index) => texts[index] }, { from: 0, to: 3 });
    expect(unpackTexts({ meta: {}, arrays })).toBeUndefined();
    expect(unpackTexts({ meta: { numBytes: 10_000 }, arrays })).toBeUndefined();
    expect(unpackTexts({ meta, arrays: {} })).toBeUndefined();
    expect(unpackTexts({ meta: { numBytes: 4 }, arrays: { texts: Int32Array.of(0x7b7b7b7b) } })).toBeUndefined();
    expect(unpackTexts(packTexts({ textAt: () => ({ text: {} as MappedText['text'] }) }, { from: 0, to: 1 }))).toBeUndefined();
  });
});

describe('what was found in texts', () => {
  const map = { lists: ['ids', 'about'] };
  const plan = { plan: 'p', number: 3 };
  const lists: FoundLists[] = [
    { ids: [1, 2, 3], about: [9] },
    { ids: [], about: [8] },
    { ids: Int32Array.of(5), about: [] },
  ];
  const packed = () => {
    const found = new FoundTexts(map, 4);
    lists.forEach((row, i) => found.set(i < 2 ? i : 3, row));
    return throughFile({ meta: { ...plan }, arrays: found.arrays });
  };

  it('is the same after a file, and nothing for a row that was not read', () => {
    const taken: unknown[] = [];
    const give = textsFound(packed(), plan, map, 4);
    if (typeof give === 'string') throw new Error(give);
    give((row, { ids, about }) => taken.push([row, Array.from(ids!), Array.from(about!)]));
    expect(taken).toEqual([
      [0, [1, 2, 3], [9]],
      [1, [], [8]],
      [2, [], []],
      [3, [5], []],
    ]);
  });

  it('is not taken from a file that is missing, damaged, or of other rows or another plan', () => {
    expect(textsFound('missing', plan, map, 4)).toBe('missing');
    expect(textsFound(packed(), { ...plan, number: 4 }, map, 4)).toBe('foreign');
    expect(textsFound(packed(), { ...plan, plan: 'q' }, map, 4)).toBe('foreign');
    expect(textsFound(packed(), plan, map, 5)).toBe('damaged');
    expect(textsFound(packed(), plan, { lists: ['ids', 'other'] }, 4)).toBe('damaged');
    const { meta, arrays } = packed();
    expect(textsFound({ meta, arrays: { ...arrays, ids: Int32Array.of(1) } }, plan, map, 4)).toBe('damaged');
    expect(textsFound({ meta: {}, arrays }, plan, map, 4)).toBe('damaged');
  });
});

it('texts are divided by rows, in files of bounded size, and few are not', () => {
  const sizes = (numRows: number, parallel: number) => planTexts(numRows, { size: 'auto', parallel }).map(({ from, to }) => to - from);
  expect(sizes(15_000, 4)).toEqual([15_000]);
  expect(sizes(60_000, 2)).toEqual([30_000, 30_000]);
  expect(sizes(400_000, 2)).toEqual(Array.from({ length: 4 }, () => 100_000));
  expect(sizes(10_000_000, 2)).toHaveLength(100);
  expect(planTexts(10, { size: 4 }).at(-1)).toEqual({ number: 2, from: 8, to: 10 });
});
