import { expect, it } from 'vitest';
import { parseMethod } from './parse-method.ts';

it.each([
  ['signals', ['a', 'b'], '"signals" is called influences (validation, pool, contrast in place of a, b, c) now'],
  ['lexicalWeight', 0, '"lexicalWeight" is called wordWeight now'],
  ['mu', 1, '"mu" is called harmfulWeight now'],
])('refuses option %s of bilevel, and names the new one', (name, value, message) => {
  expect(() => parseMethod('bilevel', { [name]: value }, {})).toThrow(
    expect.objectContaining({ code: 'E_CONFIG', where: 'method bilevel', message }),
  );
});

it('names every old option at once', () => {
  expect(() => parseMethod('bilevel', { mu: 1, lexicalWeight: 0, toxic: 'both' }, {})).toThrow(
    /toxic: .*; "mu" is called harmfulWeight now; "lexicalWeight" is called wordWeight now$/,
  );
});

it.each([
  ['checkpoints', [0], '"checkpoints" is an option of the method bilevel'],
  ['influences', ['pool'], '"influences" is an option of the method bilevel'],
  ['toxic', 'init', '"toxic" is an option of the method bilevel'],
  [
    'signals',
    ['a'],
    '"signals" is an option of the method bilevel, called influences (validation, pool, contrast in place of a, b, c) there',
  ],
])('refuses option %s of pharmacist, which had it once, and says whose it is', (name, value, message) => {
  expect(() => parseMethod('pharmacist', { [name]: value }, {})).toThrow(
    expect.objectContaining({ code: 'E_CONFIG', where: 'method pharmacist', message }),
  );
});
