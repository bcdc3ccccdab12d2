import { SELECT_DEFAULTS, BUNDLED_MODELS } from '@pharmacist/experiment';
import { PROMPT_TEMPLATES } from '@pharmacist/language-model';
import { SELECTORS } from '@pharmacist/selector';
import { ENGINE_NAMES } from '@pharmacist/tensor-kernels';
import { describe, expect, it } from 'vitest';
import { DEFAULTS, ENGINE_CHOICES, METHOD_CHOICES, METHOD_DEFAULTS, MODEL_CHOICES, TEMPLATE_CHOICES } from './choices.ts';

describe('what --help says', () => {
  it('names every engine, template, model and method', () => {
    expect(ENGINE_CHOICES).toEqual(ENGINE_NAMES);
    expect(TEMPLATE_CHOICES).toEqual(PROMPT_TEMPLATES.names);
    expect(MODEL_CHOICES).toEqual(BUNDLED_MODELS);
    expect(METHOD_CHOICES).toEqual(SELECTORS.names);
  });

  it.each(METHOD_CHOICES)('gives the defaults of method %s', (method) => {
    expect(METHOD_DEFAULTS[method]).toEqual(SELECTORS.get(method).config.parse({}));
  });

  it('gives the defaults of select', () => {
    const { template, maxLength, batchSize, engine } = DEFAULTS;
    expect(SELECT_DEFAULTS).toMatchObject({ template, maxLength, batchSize, engine });
  });
});
