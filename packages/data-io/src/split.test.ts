import { ConfigError } from '@pharmacist/core';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { normalisePrompt } from './normalise-prompt.ts';
import { splitByPrompt } from './split.ts';

const rowsOf = (prompts: readonly (string | number)[]) => prompts.map((prompt, n) => ({ prompt: String(prompt), n }));

it('gives every part its share where prompts differ', () => {
  const rows = rowsOf(Array.from({ length: 200 }, (_, i) => i));
  const { train, validation, test } = splitByPrompt(rows, { train: 0.7, validation: 0.2, test: 0.1 }, 0);
  expect([train.length, validation.length, test.length]).toEqual([140, 40, 20]);
  expect([...train, ...validation, ...test].map(({ n }) => n).toSorted((a, b) => a - b)).toEqual(rows.map(({ n }) => n));
  expect(train.map(({ n }) => n)).toEqual(train.map(({ n }) => n).toSorted((a, b) => a - b));
  expect(train.map(({ n }) => n)).not.toEqual(rows.slice(0, 140).map(({ n }) => n));
});

it('never puts one prompt on two sides', () => {
  const prompts = fc.array(fc.constantFrom('a', 'A ', 'b?', 'b', 'c', 'd', 'e', ' e!', 'f'), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(prompts, fc.integer(), (names, seed) => {
      const { left, right } = splitByPrompt(rowsOf(names), { left: 0.5, right: 0.5 }, seed);
      const leftPrompts = new Set(left.map(({ prompt }) => normalisePrompt(prompt)));
      expect(right.filter(({ prompt }) => leftPrompts.has(normalisePrompt(prompt)))).toEqual([]);
      expect(left.length + right.length).toBe(names.length);
    }),
  );
});

it('places the largest groups first, so that a small part still gets its share', () => {
  const rows = rowsOf(['a', 'A!', 'a ', 'b']);
  for (let seed = 0; seed < 10; seed++) {
    expect(splitByPrompt(rows, { train: 0.75, test: 0.25 }, seed)).toEqual({ train: rows.slice(0, 3), test: rows.slice(3) });
  }
});

it('depends on the seed and on nothing else', () => {
  const rows = rowsOf(Array.from({ length: 50 }, (_, i) => i));
  const split = (seed: number) => splitByPrompt(rows, { a: 0.5, b: 0.5 }, seed).a.map(({ n }) => n);
  expect(split(1)).toEqual(split(1));
  expect(split(1)).not.toEqual(split(2));
});

it('leaves a part of fraction 0 empty', () => {
  expect(splitByPrompt(rowsOf(['a', 'a', 'a']), { none: 0, all: 1 }, 0)).toEqual({ none: [], all: rowsOf(['a', 'a', 'a']) });
});

it.each([
  { a: 0.5, b: 0.4 },
  { a: 1.5, b: -0.5 },
  { a: Number.NaN, b: 1 },
])('rejects the fractions %j', (fractions) => {
  expect(() => splitByPrompt(rowsOf(['a']), fractions, 0)).toThrow(ConfigError);
});
