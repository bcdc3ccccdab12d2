import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IdIndex, IdList } from './id-list.ts';

/** Lone surrogates, too. */
const anyText = fc.string({
  unit: fc.oneof(fc.constantFrom('a', 'b', 'é', '日', '\ud83d', '\ude00', '\ufffd', '\0'), fc.string({ minLength: 1, maxLength: 1 })),
});

describe('IdList', () => {
  it('holds every text and orders as strings are ordered', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyText, { maxLength: 40 }), async (texts) => {
        const list = new IdList();
        for (const text of texts) list.push(text);
        expect(Array.from({ length: list.length }, (_, i) => list.at(i))).toEqual(texts);
        for (let i = 1; i < texts.length; i++) {
          const [a, b] = [texts[i - 1]!, texts[i]!];
          expect(Math.sign(list.compare(i - 1, i))).toBe(a < b ? -1 : a > b ? 1 : 0);
        }
        expect(Array.from(await list.order(), (i) => texts[i])).toEqual(texts.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0)));
      }),
    );
  });

  it('grows', () => {
    const list = new IdList();
    for (let i = 0; i < 50_000; i++) list.push(`id-${i}`);
    expect([list.at(0), list.at(49_999)]).toEqual(['id-0', 'id-49999']);
  });
});

it('an IdIndex finds what was added', () => {
  const index = new IdIndex();
  for (let i = 0; i < 5000; i++) {
    expect(index.has(`row ${i}`)).toBe(false);
    index.add(`row ${i}`);
  }
  expect([index.indexOf('row 0'), index.indexOf('row 4999'), index.indexOf('row 5000'), index.ids.length]).toEqual([0, 4999, -1, 5000]);
});
