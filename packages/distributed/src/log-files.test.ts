import { expect, it } from 'vitest';
import { messageIn } from './log-files.ts';

it('a message begins where the last error does', () => {
  const log = 'Tokenise: 400 rows\nerror: an older one\nRank: 20%\nerror E_DATA pool.jsonl:3: no prompt.\nFix: add one\n';
  expect(messageIn(log)).toBe('error E_DATA pool.jsonl:3: no prompt.\nFix: add one');
});

it('of Python it is the last line of the trace', () => {
  expect(messageIn('Traceback (most recent call last):\n  File "x", line 1\nValueError: no such thing\n')).toBe(
    'ValueError: no such thing',
  );
});

it('without one it is the last lines', () => {
  expect(messageIn(Array.from({ length: 30 }, (_, i) => `line ${i}`).join('\n'))).toBe(
    Array.from({ length: 10 }, (_, i) => `line ${i + 20}`).join('\n'),
  );
  expect(messageIn('')).toBe('');
});
