import { describe, expect, it } from 'vitest';
import { DEFENSE_CHOICES, FILTER_CHOICES, JUDGE_CHOICES, METHOD_CHOICES, METHOD_DEFAULTS, TASK_CHOICES } from './choices.ts';
import { BUILT_IN } from '@pharmacist/experiment';
import { allMethods, type MethodEntry, methodsNamed } from './methods.ts';

const methods = allMethods(BUILT_IN);
const only = (name: string): MethodEntry => methodsNamed(name, methods)[0]!;

describe('allMethods', () => {
  it('has every name that --help has, of its kind', () => {
    const namesOf = (kind: string) => methods.filter((method) => method.kind === kind).map(({ name }) => name);
    expect(namesOf('method')).toEqual(METHOD_CHOICES);
    expect(namesOf('filter')).toEqual(FILTER_CHOICES);
    expect(namesOf('defense').sort()).toEqual([...DEFENSE_CHOICES].sort());
    expect(namesOf('judge').sort()).toEqual([...JUDGE_CHOICES].sort());
    expect(namesOf('task')).toEqual(TASK_CHOICES);
  });

  it.each(methods)('$kind $name has a summary of one line and a source', ({ summary, source }) => {
    expect(summary).toMatch(/^[^\n]{10,140}[^.\n]$/);
    expect(source).not.toBe('');
  });

  it.each(METHOD_CHOICES)('gives the defaults of %s', (name) => {
    expect(Object.fromEntries(only(name).options.map((option) => [option.name, option.default]))).toEqual(METHOD_DEFAULTS[name]);
  });

  it('tells a required option from one without a default, and says what each takes', () => {
    const options = new Map(only('beaver-dam').options.map((option) => [option.name, option]));
    expect(options.get('model')).toEqual({ name: 'model', isRequired: true, takes: 'text' });
    expect(options.get('harmfulLabels')).toEqual({ name: 'harmfulLabels', isRequired: false, takes: 'list of texts' });
    expect(options.get('maxTokens')).toEqual({ name: 'maxTokens', isRequired: false, default: 256, takes: 'whole number' });
    expect(only('bilevel').options.find(({ name }) => name === 'influences')!.takes).toBe('list of validation, pool, contrast');
    expect(only('larf').options.find(({ name }) => name === 'layer')!.takes).toBe('whole number or normed or search');
  });

  it('says what a method needs with its defaults', () => {
    expect(['bilevel', 'seal', 'oracle', 'random', 'booster', 'sft', 'dedupe'].map((name) => only(name).needs)).toEqual([
      ['harmful'],
      ['trusted'],
      ['kinds'],
      [],
      ['harmful'],
      [],
      [],
    ]);
  });

  it('has the variants of a task, and labels where a task takes them', () => {
    expect(only('agnews').options.map(({ name }) => name)).toEqual(['variant', 'labels']);
    expect(only('gsm8k').options).toEqual([{ name: 'variant', isRequired: false, default: 'vaccine', takes: 'vaccine, booster' }]);
  });
});

describe('methodsNamed', () => {
  it('finds every registry that has the name', () => {
    const twin: MethodEntry = { ...only('booster'), kind: 'filter' };
    expect(methodsNamed('booster', [...methods, twin]).map(({ kind }) => kind)).toEqual(['defense', 'filter']);
  });

  it('names the nearest name where there is none', () => {
    expect(() => methodsNamed('boster', methods)).toThrow('"boster" is unknown. Did you mean "booster"? Known: pharmacist,');
  });
});
