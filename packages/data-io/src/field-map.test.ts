import { ConfigError } from '@pharmacist/core';
import { expect, it } from 'vitest';
import { parseFieldMap } from './field-map.ts';

it('reads roles and fields', () => {
  expect(parseFieldMap('prompt=question, response = answer')).toEqual({ prompt: 'question', response: 'answer' });
  expect(parseFieldMap('prompt=instruction+input,id=a=b')).toEqual({ prompt: 'instruction+input', id: 'a=b' });
});

it.each([
  ['promt=question', '"promt" is unknown. Did you mean "prompt"? Known: prompt, response, messages, id.'],
  ['__proto__=x', '"__proto__" is unknown. Known: prompt, response, messages, id.'],
  ['prompt', '"prompt" is not of the form role=field'],
  ['prompt=', '"prompt=" is not of the form role=field'],
  ['', '"" is not of the form role=field'],
  ['prompt=a,prompt=b', '"prompt" is given twice'],
])('rejects %s', (text, message) => {
  expect(() => parseFieldMap(text)).toThrow(ConfigError);
  expect(() => parseFieldMap(text)).toThrow(message);
});
