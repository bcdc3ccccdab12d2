import { expect, it } from 'vitest';
import { z } from 'zod';
import { settingProblem } from './setting-problem.ts';

const schema = z.strictObject({
  keep: z.array(z.number()),
  rows: z.int().default(3),
  isFast: z.boolean().default(false),
  name: z.string({ error: 'expected a name of rows' }),
});
const problemsOf = (value: unknown) => schema.safeParse(value, { error: settingProblem }).error?.issues.map(({ message }) => message);

it('says what is missing, unless the schema has words for it', () => {
  expect(problemsOf({})).toEqual(['is missing', 'expected a name of rows']);
});

it('says in plain words what kind of value was expected, and what was given', () => {
  expect(problemsOf({ keep: 'random,dsir', rows: 1.5, isFast: 'yes', name: '' })).toEqual([
    'expected a list, got "random,dsir"',
    'expected a whole number, got 1.5',
    'expected true or false, got "yes"',
  ]);
  expect(problemsOf({ keep: [Number.NaN, 'NaN'], name: '' })).toEqual(['expected a number, got NaN', 'expected a number, got "NaN"']);
  expect(problemsOf([])).toEqual(['expected settings by name, got an array of 0']);
});
