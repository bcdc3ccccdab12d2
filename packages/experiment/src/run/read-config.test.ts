import { describe, expect, it } from 'vitest';
import { parseRunConfig } from './read-config.ts';

const configOf = (alignment: string) =>
  parseRunConfig(`name: ranked\ndata:\n  alignment: ${alignment}\nselection:\n  methods: [random]\n  keep: [0.5]\n`, 'ranked.yaml');

describe('a configuration', () => {
  it('names rows, one file or several', () => {
    expect(configOf('pool.jsonl').data.alignment).toBe('pool.jsonl');
    expect(configOf('[a.jsonl, b.jsonl]').data.alignment).toEqual(['a.jsonl', 'b.jsonl']);
    expect(() => configOf('3')).toThrow('data.alignment: expected a name of rows, or a list of names');
  });

  it.each(["'-'", "[a.jsonl, '-']"])('names no standard input, which no second step could read: %s', (alignment) => {
    expect(() => configOf(alignment)).toThrow(
      'data.alignment: standard input (-) can be read once only, and the steps of a run read their rows again: name a file',
    );
  });
});
