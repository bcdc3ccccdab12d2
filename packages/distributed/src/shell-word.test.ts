import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { shellWord } from './shell-word.ts';

it('a shell takes a word for what it is', () => {
  const words = ["it's", '$HOME `id` "x"\n\\', ''];
  const said = execFileSync('sh', ['-c', `printf '%s|' ${words.map(shellWord).join(' ')}`], { encoding: 'utf8' });
  expect(said).toBe(words.map((word) => `${word}|`).join(''));
});
