import { BUNDLED_MODELS } from '@pharmacist/bundled';
import { SELECT_DEFAULTS } from '@pharmacist/experiment';
import { DEFENSES } from '@pharmacist/defenses';
import { EXECUTORS } from '@pharmacist/distributed';
import { PROMPT_TEMPLATES } from '@pharmacist/language-model';
import { JUDGES, TASKS } from '@pharmacist/metrics';
import { FILTERS, SELECTORS } from '@pharmacist/selector';
import { ENGINE_NAMES } from '@pharmacist/tensor-kernels';
import { describe, expect, it } from 'vitest';
import {
  DEFAULTS,
  DEFENSE_CHOICES,
  ENGINE_CHOICES,
  EXECUTOR_CHOICES,
  FILTER_CHOICES,
  FILTER_DEFAULTS,
  JUDGE_CHOICES,
  METHOD_CHOICES,
  METHOD_DEFAULTS,
  MODEL_CHOICES,
  TASK_CHOICES,
  TEMPLATE_CHOICES,
} from './choices.ts';

describe('what --help says', () => {
  it('names every engine, template, model and method', () => {
    expect(ENGINE_CHOICES).toEqual(ENGINE_NAMES);
    expect(TEMPLATE_CHOICES).toEqual(PROMPT_TEMPLATES.names);
    expect(MODEL_CHOICES).toEqual(BUNDLED_MODELS);
    expect(METHOD_CHOICES).toEqual(SELECTORS.names);
    expect(FILTER_CHOICES).toEqual(FILTERS.names);
    expect([...DEFENSE_CHOICES].sort()).toEqual([...DEFENSES.names].sort());
    expect([...JUDGE_CHOICES].sort()).toEqual([...JUDGES.names].sort());
    expect(TASK_CHOICES).toEqual(TASKS.names);
    expect(EXECUTOR_CHOICES).toEqual(EXECUTORS.names);
  });

  it.each(METHOD_CHOICES)('gives the defaults of method %s', (method) => {
    expect(METHOD_DEFAULTS[method]).toEqual(SELECTORS.get(method).config.parse({}));
  });

  it.each(FILTER_CHOICES)('gives the defaults of filter %s', (filter) => {
    expect(FILTER_DEFAULTS[filter]).toEqual(FILTERS.get(filter).config.parse({}));
  });

  it('gives the defaults of select', () => {
    const { template, maxLength, batchSize, engine } = DEFAULTS;
    expect(SELECT_DEFAULTS).toMatchObject({ template, maxLength, batchSize, engine });
  });
});
