import { describe, expect, it } from 'vitest';
import { parseSetOptions } from './set-options.ts';

describe('parseSetOptions', () => {
  it('reads JSON where it is JSON and text elsewhere', () => {
    expect(parseSetOptions(['toxic=init', 'checkpoints=[0,40]', 'harmfulWeight=0.5', 'isFast=true', 'note=a=b'])).toEqual({
      toxic: 'init',
      checkpoints: [0, 40],
      harmfulWeight: 0.5,
      isFast: true,
      note: 'a=b',
    });
  });

  it.each([
    ['foo', 'not of the form'],
    ['=1', 'not of the form'],
  ])('refuses %s', (text, message) => {
    expect(() => parseSetOptions([text])).toThrow(message);
  });

  it('refuses a key given twice', () => {
    expect(() => parseSetOptions(['toxic=init', 'toxic=shift'])).toThrow('--set toxic is given twice');
  });
});
