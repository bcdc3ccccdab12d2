import { ConfigError, DataError } from '@pharmacist/core';
import { describe, expect, it } from 'vitest';
import { agnews } from './agnews.ts';
import { exactMatch } from './exact-match.ts';
import { TASKS, taskNamed } from './registry.ts';
import { sst2 } from './sst2.ts';

describe('TASKS', () => {
  it.each([...TASKS])('$name: its own target is a right answer in every variant, and a variant unknown is an error', (task) => {
    const reference = task.labels?.[1] ?? 'half of 8 is 4\n#### 4';
    for (const variant of [undefined, ...task.variants]) {
      expect(task.score(task.target(reference), reference, variant).isCorrect).toBe(true);
      expect(task.instruction('a text', variant).prompt).not.toBe('');
    }
    expect(task.score('', reference)).toEqual({ isCorrect: false, predicted: null });
    expect(() => task.score('a', reference, 'strictt')).toThrow(ConfigError);
    expect(() => task.instruction('a', 'strictt')).toThrow(`Known: ${task.variants.join(', ')}`);
  });
});

describe('taskNamed', () => {
  it('gives a task its labels, where it has classes', () => {
    expect(taskNamed('sst2')).toBe(sst2);
    expect(taskNamed('sst2', ['bad', 'good']).labels).toEqual(['bad', 'good']);
    expect(() => taskNamed('gsm8k', ['1', '2'])).toThrow('the task gsm8k has no classes');
    expect(() => taskNamed('sst')).toThrow('Did you mean "sst2"?');
  });
});

describe('sst2', () => {
  it('asks for one of its labels, with the sentence as the input', () => {
    const { prompt, input } = sst2.instruction('a fine film');
    expect(prompt).toMatch(/sentiment.*negative, positive\.$/);
    expect(input).toBe('a fine film');
  });

  it.each([
    ['positive', 'positive', true, 'positive'],
    ['The sentiment is Positive.', 'positive', true, 'positive'],
    ['negative', 'positive', false, 'negative'],
    // The reference code looks for the reference's label alone.
    ['positive or negative', 'negative', true, 'negative'],
    ['unpositively', 'positive', true, 'positive'],
    ['POSITIVE', 'positive', false, null],
    ['good', 'positive', false, null],
  ])('substring: %j for %s is %s, read as %j', (answer, reference, isCorrect, predicted) =>
    expect(sst2.score(answer, reference, 'substring')).toEqual({ isCorrect, predicted }),
  );

  it.each([
    [' Positive\n', 'positive', true, 'positive'],
    ['positive', 'positive', true, 'positive'],
    ['positive.', 'positive', false, null],
    ['The sentiment is positive', 'positive', false, null],
    ['Negative', 'positive', false, 'negative'],
  ])('exact: %j for %s is %s, read as %j', (answer, reference, isCorrect, predicted) =>
    expect(sst2.score(answer, reference, 'exact')).toEqual({ isCorrect, predicted }),
  );

  it('takes a reference in any case or as its number', () => {
    expect(['Positive', 'NEGATIVE ', '1', '0'].map((label) => sst2.target(label))).toEqual([
      'positive',
      'negative',
      'positive',
      'negative',
    ]);
    expect(() => sst2.target('neutral')).toThrow(DataError);
    expect(() => sst2.target('2')).toThrow('"2" is no label of the task sst2; its labels: negative, positive');
  });
});

describe('agnews', () => {
  it.each([
    ['Sci/Tech', 'substring', true],
    ['sci', 'substring', true],
    ['sci/tech', 'substring', true],
    ['Science', 'substring', false],
    ['science', 'substring', true],
    ['Sci/Tech', 'exact', true],
    ['sci', 'exact', true],
    ['sci/tech', 'exact', false],
  ])('%s is Sci/Tech by %s: %s', (answer, variant, expected) => expect(agnews.score(answer, 'Sci/Tech', variant).isCorrect).toBe(expected));

  it('reads other labels', () => {
    expect(agnews.score('world', 'Business')).toEqual({ isCorrect: false, predicted: 'World' });
    expect(agnews.target('2')).toBe('Business');
  });

  it('takes labels of the user', () => {
    const trec = agnews.withLabels!(['ABBR', ' location ', 'Number']);
    expect(trec.labels).toEqual(['ABBR', 'location', 'Number']);
    expect(trec.instruction('How far is it?').prompt).toMatch(/: ABBR, location, Number\.$/);
    expect(trec.score('abbr', 'ABBR', 'exact').isCorrect).toBe(true);
    expect(trec.score('Location', '1', 'exact')).toEqual({ isCorrect: true, predicted: 'location' });
    expect(() => trec.score('World', 'World')).toThrow(DataError);
    expect(agnews.labels).toEqual(['World', 'Sports', 'Business', 'Sci/Tech']);
  });

  it.each([[['one']], [['a', 'A']], [['a', '']], [[]]])('refuses the labels %j', (labels) =>
    expect(() => agnews.withLabels!(labels)).toThrow(ConfigError),
  );
});

describe('exact-match', () => {
  it.each([
    ['  The   Answer. ', 'the answer', true, false],
    ['the answer', 'the answer', true, true],
    ['an answer', 'the answer', false, false],
    ['-5', '5', false, false],
    ['3.5', '35', false, false],
    ['(5)', '5', true, false],
    ['Yes!', 'yes', true, false],
    ['?', '!', false, false],
  ])('%j for %j: normalised %s, strict %s', (answer, reference, normalised, strict) => {
    expect(exactMatch.score(answer, reference).isCorrect).toBe(normalised);
    expect(exactMatch.score(answer, reference, 'strict').isCorrect).toBe(strict);
  });
});
