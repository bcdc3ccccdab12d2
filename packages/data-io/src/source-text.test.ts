import { expect, it } from 'vitest';
import { jsonOf, rememberText } from './source-text.ts';

function throughRecord(text: string): string {
  const record = JSON.parse(text) as object;
  rememberText(record, text);
  return jsonOf(record);
}

it.each(['{"score": 1.0}', '{"id":12345678901234567890}', '{"b":1,"7":2}', '{"x":1e5,"s":"a \\" 1.0"}', '{"zero":-0}'])(
  'gives back %s',
  (text) => {
    expect(throughRecord(text)).toBe(text);
  },
);

it('writes what JavaScript can hold in its own way', () => {
  expect(throughRecord('{"a": "1.0 \\u00e9", "b": [1, 2.5]}')).toBe('{"a":"1.0 é","b":[1,2.5]}');
});

it('puts a record of several lines on one', () => {
  expect(throughRecord('{\n  "a": 1.0,\r\n  "b": "x\\ny"\n}')).toBe('{   "a": 1.0,   "b": "x\\ny" }');
});

it('forgets the text of a record that was changed', () => {
  const record = JSON.parse('{"a": 1.0}') as { a: number };
  rememberText(record, '{"a": 1.0}');
  record.a = 2;
  expect(jsonOf(record)).toBe('{"a":2}');
});
