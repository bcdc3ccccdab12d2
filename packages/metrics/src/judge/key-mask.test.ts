import { describe, expect, it } from 'vitest';
import { keyMask } from './key-mask.ts';

const KEY = 'sk-a/b+c&d"e\\f<g>h|$0.1234';
const characters = KEY.split('');
const hex = (character: string): string => character.charCodeAt(0).toString(16).padStart(2, '0');

describe('keyMask', () => {
  it.each<[string, string]>([
    ['plain', KEY],
    ['upper case', KEY.toUpperCase()],
    ['JSON', JSON.stringify(KEY).slice(1, -1)],
    ['JSON twice', JSON.stringify(JSON.stringify(KEY).slice(1, -1)).slice(1, -1)],
    ['unicode escapes', characters.map((character) => `\\u00${hex(character)}`).join('')],
    ['byte escapes', characters.map((character) => `\\x${hex(character)}`).join('')],
    ['URL', encodeURIComponent(KEY)],
    ['URL, every character', characters.map((character) => `%${hex(character).toUpperCase()}`).join('')],
    ['URL twice', encodeURIComponent(encodeURIComponent(KEY))],
    ['HTML', characters.map((character) => `&#${character.charCodeAt(0)};`).join('')],
    ['HTML in hexadecimal', characters.map((character) => `&#x${hex(character)};`).join('')],
    ['hexadecimal', Buffer.from(KEY).toString('hex')],
  ])('hides a key in its form: %s', (_, form) => {
    expect(keyMask(KEY)(`Bearer ${form}, and ${form}.`)).toBe('Bearer [key], and [key].');
  });

  it.each(['', 'B', 'Be', 'Bearer '])('hides a key in base64 behind %j', (before) => {
    for (const encoding of ['base64', 'base64url'] as const) {
      const text = Buffer.from(`${before}${KEY}!`).toString(encoding);
      const masked = keyMask(KEY)(text);
      expect(masked).toContain('[key]');
      expect(masked.length).toBeLessThan('[key]'.length + before.length * 2 + 8);
    }
  });

  it.each([KEY, `${KEY}!`, `${KEY}!!`])('leaves no digit of a key in base64: %s', (key) => {
    expect(keyMask(key)(`bad key ${Buffer.from(key).toString('base64')}.`)).toBe('bad key [key].');
  });

  it('leaves other texts as they are, also for a key that is none', () => {
    const text = 'HTTP 678: &#x; %zz sk-a/b+c';
    for (const key of [undefined, '', KEY, 'x1']) expect(keyMask(key)(text)).toBe(text);
    expect(keyMask('EMPTY')('key EMPTY')).toBe('key [key]');
  });

  it('takes no time over what is long', () => {
    for (const part of ['\\', '%25', '&amp;', '&#0', '&#x0', '0', 's', KEY.slice(0, -1)]) {
      const text = part.repeat(4e6 / part.length);
      expect(keyMask(KEY)(text)).toBe(text);
    }
  });
});
