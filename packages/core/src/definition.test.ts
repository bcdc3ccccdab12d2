import { expect, it } from 'vitest';
import { checkDefinition, describeValue, held, writtenText } from './definition.ts';

const fit = (): void => undefined;
const required = { fit: 'function' } as const;
const optional = { summary: 'string' } as const;

it('says how messages name a definition', () => {
  expect(checkDefinition('selector', { name: 'mine', fit }, { required, optional })).toBe('method mine');
  expect(checkDefinition('defense', { name: 'mine', config: { parse() {}, safeParse() {} } }, {})).toBe('defense mine');
});

it.each([
  [undefined, 'is undefined, not an object'],
  ['mine', 'is "mine", not an object'],
  [{ fit }, 'has the name undefined'],
  [{ name: 'two words', fit }, 'has the name "two words"'],
  [{ name: '../up', fit }, 'has the name "../up"'],
  [{ name: 'mine' }, 'has no fit'],
  [{ name: 'mine', fit: 3 }, 'has 3 for fit'],
  [{ name: 'mine', fit, summary: null }, 'has null for summary'],
  [{ name: 'mine', fit, version: 2 }, 'has 2 for version'],
  [{ name: 'mine', fit, config: { weight: 1 } }, 'has a config that is no schema'],
])('refuses %s', (definition, message) => {
  expect(() => checkDefinition('selector', definition, { required, optional })).toThrow(message);
});

it('describes values in a few words', () => {
  expect([NaN, [1], new Float64Array(2), 'text', null, () => 1, Promise.resolve()].map(describeValue)).toEqual([
    'NaN',
    'an array of 1',
    'a Float64Array',
    '"text"',
    'null',
    'a function',
    'a promise',
  ]);
});

it('tells definitions apart by their text, and by a version where text does not tell', () => {
  const made = (least: number, version?: string) => {
    const written = { name: 'mine', ...(version !== undefined && { version }), keep: (length: number) => length > least };
    return writtenText(held({ kind: 'filter' }, written));
  };
  expect(made(1)).toBe(made(2));
  expect(made(1, 'a')).not.toBe(made(2, 'b'));
  expect(made(1)).not.toBe(made(1, 'a'));
});
