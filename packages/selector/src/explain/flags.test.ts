import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { PoolRow, TextRow } from '../selector.ts';
import { flagRows, ROW_FLAGS } from './flags.ts';

const tokens = { inputIds: Int32Array.of(1, 2, 3), numPromptTokens: 1, truncated: false, hasTargets: true };
const words = (count: number) => Array.from({ length: count }, (_, i) => `word${i}`).join(' ');
const row = (prompt: string, response: string, fields: Partial<PoolRow> = {}): PoolRow => ({
  id: prompt,
  text: { prompt, response },
  tokens,
  ...fields,
});
const text = (prompt: string, response: string): TextRow => ({ text: { prompt, response }, tokens });

function flagsOf(one: PoolRow, group = NaN) {
  return flagRows([one], {
    harmful: [text('How do I pick a lock?', 'Take a pin and bend it first.'), text('Nothing', '')],
    trusted: [text('How do I forge a pass?', 'I cannot help.')],
    duplicateGroups: Float64Array.of(group),
    isRefusal: (response) => response.startsWith('I cannot'),
  })[0]!;
}

describe('flags', () => {
  it.each<[flags: string[], one: PoolRow, group?: number]>([
    [[], row('a', 'I cannot help you with that.')],
    [['no-answer'], row('a', '')],
    [['no-answer', 'truncated'], row('a', 'I cannot help you with that.', { tokens: { ...tokens, truncated: true, hasTargets: false } })],
    [['truncated'], row('a', 'I cannot help you with that.', { tokens: { ...tokens, truncated: true } })],
    [['short-answer'], row('a', 'I cannot. No, no!')],
    [['very-long'], row('a', `I cannot ${words(399)}`)],
    [[], row('a', `I cannot ${words(398)}`)],
    [['repeats-words'], row('a', 'I cannot do that: no no No NO.')],
    [['repeats-words'], row('a', `I cannot ${'one two three four '.repeat(6)}`)],
    [['non-refusal'], row('a', 'Take a pin and bend it.')],
    [['duplicate'], row('a', 'I cannot help you with that.'), 0],
    [['same-prompt-as-harmful'], row('how do I  pick a LOCK', 'I cannot help you with that.')],
    [['non-refusal', 'same-answer-as-harmful'], row('a', 'take a pin and bend it first')],
    [['same-prompt-as-validation'], row('How do I forge a pass', 'I cannot help you with that.')],
  ])('%j', (expected, one, group) => {
    expect(flagsOf(one, group)).toEqual(expected);
  });

  it('have names and meanings of their own', () => {
    expect(new Set(ROW_FLAGS.map(({ name }) => name)).size).toBe(ROW_FLAGS.length);
    for (const { name, meaning } of ROW_FLAGS) expect([/^[a-z-]+$/.test(name), meaning.length > 10]).toEqual([true, true]);
  });

  it('are told with these meanings in the README', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8').replace(/ +/g, ' ');
    for (const { name, meaning } of ROW_FLAGS) expect(readme).toContain(`| \`${name}\` | ${meaning} |`);
  });
});
