import { expect, it } from 'vitest';
import { bilevelConfig } from './config.ts';
import { movedOptions, renamedOptions } from './moved-options.ts';

const OLD_NAMES = ['signals', 'lexicalWeight', 'mu'];

it('names an option of bilevel for each old name, and none that is still taken', () => {
  expect([...renamedOptions.keys()]).toEqual(OLD_NAMES);
  for (const [old, message] of renamedOptions) {
    expect(bilevelConfig.shape).not.toHaveProperty(old);
    expect(bilevelConfig.shape).toHaveProperty(/^is called (\w+)/.exec(message)![1]!);
  }
});

it('sends every option of bilevel, new names and old ones, to bilevel', () => {
  expect([...movedOptions.keys()].sort()).toEqual([...Object.keys(bilevelConfig.shape), ...OLD_NAMES].sort());
  expect(movedOptions.get('checkpoints')).toBe('is an option of the method bilevel');
  expect(movedOptions.get('mu')).toBe('is an option of the method bilevel, called harmfulWeight there');
});
