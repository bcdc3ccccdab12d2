import { expect, it } from 'vitest';
import { ours } from '../../examples/model-family.ts';
import { MODEL_FAMILIES } from './registry.ts';

it('the example of a family has all that the registry takes', () => {
  const families = MODEL_FAMILIES.with([ours]);
  expect(families.get('ours')).toMatchObject({ title: 'Ours', className: 'Ours' });
});
