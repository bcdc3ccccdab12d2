import { describe, expect, it } from 'vitest';
import { endOfString, parseJson } from './json-text.ts';

/** Text of arrays or objects, one inside the other. */
const nested = (depth: number, open: string, close: string) => open.repeat(depth) + '1' + close.repeat(depth);

describe('JSON text', () => {
  it.each([
    ['arrays', '[', ']'],
    ['objects', '{"a":', '}'],
    ['both', '[{"a[{":', '}]'],
  ])('is read 500 %s deep, and no deeper', (_, open, close) => {
    const levels = open.startsWith('[{') ? 2 : 1;
    expect(JSON.stringify(parseJson(nested(500 / levels, open, close)))).toBe(nested(500 / levels, open, close));
    for (const depth of [501, 5_000_000]) expect(() => parseJson(nested(depth, open, close))).toThrow('nested deeper than 500');
  });

  it('may hold brackets in strings and side by side', () => {
    const value = { text: '[{"\\'.repeat(1000), list: Array.from({ length: 1000 }, () => [[{}]]) };
    expect(parseJson(JSON.stringify(value))).toEqual(value);
  });

  it('is found wrong as JSON.parse finds it', () => {
    expect(() => parseJson('{"a":')).toThrow(SyntaxError);
  });
});

it.each([
  ['""', 1],
  [String.raw`"a\"b"`, 5],
  [String.raw`"a\\" "`, 4],
  [String.raw`"\\\""`, 5],
  ['"no end', 7],
])('the string at the start of %s ends at %i', (text, end) => {
  expect(endOfString(text, 0)).toBe(end);
});
