import { expect, it } from 'vitest';
import { checkLength, checkNewTokens } from './check-length.ts';

const limit = { model: 'tiny', mostTokens: 512, where: '--option' };

it('refuses sequences beyond the positions, and says what is allowed', () => {
  expect(() => checkLength(512, limit)).not.toThrow();
  expect(() => checkLength(513, limit)).toThrow('513 tokens exceed the 512 positions of the model tiny');
});

it('refuses as many new tokens as leave no room for a prompt, and names the largest number that works', () => {
  expect(() => checkNewTokens(511, limit)).not.toThrow();
  for (const asked of [512, 600]) {
    expect(() => checkNewTokens(asked, limit)).toThrow(
      expect.objectContaining({
        message: `${asked} new tokens after a prompt exceed the 512 positions of the model tiny`,
        hint: 'use at most 511',
      }),
    );
  }
});
