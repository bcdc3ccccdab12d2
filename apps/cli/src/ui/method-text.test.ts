import { describe, expect, it } from 'vitest';
import type { MethodEntry } from '../methods.ts';
import { methodList, methodText } from './method-text.ts';

const booster: MethodEntry = {
  kind: 'defense',
  name: 'booster',
  summary: 'lowers a drop',
  source: 'a paper',
  needs: ['harmful'],
  options: [
    { name: 'lambda', isRequired: false, default: 5, takes: 'number' },
    { name: 'words', isRequired: false, default: ['a'], takes: 'list of texts' },
    { name: 'rho', isRequired: false, takes: 'number' },
    { name: 'model', isRequired: true, takes: 'text' },
  ],
};
const dedupe: MethodEntry = { kind: 'filter', name: 'dedupe', summary: 'drops copies', source: 'ours', needs: [], options: [] };

describe('methodText', () => {
  it('shows what there is to know, with required options and options without a default', () => {
    expect(methodText(booster)).toBe(
      [
        'booster (defense): lowers a drop',
        '  source: a paper',
        '  needs:  harmful rows (--harmful)',
        '  set by: pharmacist align --defense booster --set KEY=VALUE',
        '',
        '  option  default     takes',
        '  lambda  5           number',
        '  words   ["a"]       list of texts',
        '  rho     (none)      number',
        '  model   (required)  text',
        '',
      ].join('\n'),
    );
  });

  it('says that there are no options', () => {
    expect(methodText(dedupe)).toBe('dedupe (filter): drops copies\n  source: ours\n  It has no options.\n');
  });
});

describe('methodList', () => {
  it('has one table a kind', () => {
    expect(methodList([booster, dedupe])).toBe(
      [
        'Defenses',
        '  name     summary',
        '  booster  lowers a drop',
        '',
        'Filters',
        '  name    summary',
        '  dedupe  drops copies',
        '',
        '`pharmacist methods NAME` shows the options of one.',
        '',
      ].join('\n'),
    );
  });
});
