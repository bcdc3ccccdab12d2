import { expect, it } from 'vitest';
import { TerminalReporter } from './terminal-reporter.ts';

it('shows escape sequences of a file instead of obeying them', () => {
  const written: string[] = [];
  const stream = { columns: 200, write: (text: string) => written.push(text) } as unknown as NodeJS.WriteStream;
  const line = Object.assign((text: string) => void written.push(text), { clear: () => undefined, done: () => undefined });
  const reporter = new TerminalReporter(stream, line, () => 0);
  const title = '\u001b]0;owned\u0007';
  reporter.warn(`field "${title}"`);
  reporter.info(`field "${title}"`);
  reporter.progress({ phase: `Read ${title}`, done: 1, total: 2, unit: 'rows', facts: { now: title } });
  reporter.progress({ phase: `Read ${title}`, done: 2, total: 2, unit: 'rows' });
  reporter.close();
  expect(written.filter((text) => text.includes('\\u001b]0;owned\\u0007'))).toHaveLength(4);
  expect(written.join('')).not.toContain(title);
});
