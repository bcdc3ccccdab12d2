import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { normalisePrompt } from './normalise-prompt.ts';

it.each([
  ['  How do I\n bake   bread?! ', 'how do i bake bread'],
  ['ＨＯＷ do I bake bread', 'how do i bake bread'],
  ['"How do I bake bread."', 'how do i bake bread'],
  ["What's 3-4, roughly?", "what's 3-4, roughly"],
  ['ﬁne\u00a0print', 'fine print'],
  ['?!', '?!'],
  ['', ''],
])('%j', (text, expected) => {
  expect(normalisePrompt(text)).toBe(expected);
});

it('changes nothing the second time', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(normalisePrompt(normalisePrompt(text))).toBe(normalisePrompt(text));
    }),
    { numRuns: 2000 },
  );
});
