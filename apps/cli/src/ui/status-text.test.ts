import type { RunStatus } from '@pharmacist/experiment';
import { expect, it } from 'vitest';
import { statusText } from './status-text.ts';

it('shows escape sequences of a run instead of obeying them', () => {
  const title = '\u001b]0;owned\u0007';
  const work = { state: 'failed', attempts: 1, seconds: 1, message: title } as const;
  const step = { ...work, id: 'select', node: undefined, log: undefined };
  const status = { ...work, out: title, command: 'run', holder: undefined, steps: [step], phases: {}, nodes: [] } as RunStatus;
  const text = statusText(status, { isAll: true });
  expect(text.split('\\u001b]0;owned\\u0007')).toHaveLength(1 + 3);
  expect(text).not.toContain(title);
});
