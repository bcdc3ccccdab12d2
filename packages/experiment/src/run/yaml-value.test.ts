import { ConfigError } from '@pharmacist/core';
import { describe, expect, it } from 'vitest';
import { yamlValue } from './yaml-value.ts';

const doubling = [
  'a: &a [x,x,x,x,x,x,x,x,x]',
  ...['b', 'c', 'd', 'e', 'f', 'g'].map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdef'[i]}`).join()}]`),
];

const messageOf = (text: string): string => {
  try {
    yamlValue(text, 'run.yaml');
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).describe();
  }
  return expect.fail('no error');
};

describe('YAML', () => {
  it('is plain data; an alias is its value once more', () => {
    expect(yamlValue('a: &x [1, {b: 2}]\nc: *x\n? d\n: *x\n', 'run.yaml')).toEqual({
      a: [1, { b: 2 }],
      c: [1, { b: 2 }],
      d: [1, { b: 2 }],
    });
    expect(yamlValue('a: &x 1\nb: &x 2\nc: *x', 'run.yaml')).toEqual({ a: 1, b: 2, c: 2 });
  });

  it.each([
    [
      'aliases that double and double',
      doubling.join('\n'),
      'E_CONFIG run.yaml: has aliases that stand for more than 100 values of one anchor',
    ],
    [
      'one anchor used without end',
      `a: &a x\nb: [${Array(500).fill('*a').join()}]`,
      'E_CONFIG run.yaml: has aliases that stand for more than',
    ],
    [
      'an alias of nothing',
      'a: 1\nb: *nope',
      'E_CONFIG run.yaml:2: the alias *nope refers to no anchor before it. Fix: write the value out',
    ],
    ['an alias of what comes later', 'a: *b\nb: &b 1', 'E_CONFIG run.yaml:1: the alias *b refers to no anchor before it'],
    ['a merge of nothing', 'a: 1\n<<: *nope', 'E_CONFIG run.yaml:2: the alias *nope refers to no anchor before it'],
    ['an alias as a key', 'a: 1\n*nope : 2', 'E_CONFIG run.yaml:2: the alias *nope refers to no anchor before it'],
    ['a list in itself', 'a: &a\n- *a', 'E_CONFIG run.yaml:2: the alias *a is part of the value that it refers to'],
    ['the whole in itself', '&a\nb: {c: [*a]}', 'E_CONFIG run.yaml:2: the alias *a is part of the value that it refers to'],
    [
      'lists in lists',
      `a:\n  ${'['.repeat(100_000)}`.slice(0, 60_000),
      'E_CONFIG run.yaml:2: is nested deeper than 100 lists and mappings',
    ],
    ['mappings in mappings', `a: ${'{b: '.repeat(10_000)}`, 'E_CONFIG run.yaml:1: is nested deeper than 100 lists and mappings'],
    ['entries in entries', `${'- '.repeat(10_000)}x`, 'E_CONFIG run.yaml:1: is nested deeper than 100 lists and mappings'],
    [
      'lines in lines',
      Array.from({ length: 200 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
      'E_CONFIG run.yaml:100: is nested deeper than 100',
    ],
    ['a tag', 'a: !!js/function "x"', 'E_CONFIG run.yaml:1: is not plain YAML: Unresolved tag'],
    ['no end', 'a: [', 'E_CONFIG run.yaml:1: is not YAML: '],
    ['no configuration at all', 'x'.repeat(2 ** 16 + 1), 'E_CONFIG run.yaml: has 65537 characters, far more than a configuration'],
  ])('with %s is refused', (_, text, message) => {
    expect(messageOf(text)).toContain(message);
  });
});
