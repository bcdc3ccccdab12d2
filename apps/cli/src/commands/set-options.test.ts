import { describe, expect, it } from 'vitest';
import { parseSetOptions } from './set-options.ts';

describe('parseSetOptions', () => {
  it('reads JSON where it is JSON and text elsewhere', async () => {
    expect(await parseSetOptions(['toxic=init', 'checkpoints=[0,40]', 'harmfulWeight=0.5', 'isFast=true', 'note=a=b'])).toEqual({
      toxic: 'init',
      checkpoints: [0, 40],
      harmfulWeight: 0.5,
      isFast: true,
      note: 'a=b',
    });
  });

  it('reads lists and mappings without quotes as YAML, and what only begins like one as text', async () => {
    const given = ['methods=[random,dsir]', 'method={name: dsir, options: {smoothing: 1}}', 'alignment={a,b}.jsonl', 'files=[ab]*.csv'];
    expect(await parseSetOptions(given)).toEqual({
      methods: ['random', 'dsir'],
      method: { name: 'dsir', options: { smoothing: 1 } },
      alignment: '{a,b}.jsonl',
      files: '[ab]*.csv',
    });
  });

  it('says how a list is written', async () => {
    await expect(parseSetOptions(['methods=[random,"dsir]'])).rejects.toMatchObject({
      where: '--set methods:1',
      hint: 'write a list as [random,dsir], and settings by name as {name: random}',
    });
  });

  it.each([
    ['foo', 'not of the form'],
    ['=1', 'not of the form'],
  ])('refuses %s', async (text, message) => {
    await expect(parseSetOptions([text])).rejects.toThrow(message);
  });

  it('refuses a key given twice', async () => {
    await expect(parseSetOptions(['toxic=init', 'toxic=shift'])).rejects.toThrow('--set toxic is given twice');
  });
});
