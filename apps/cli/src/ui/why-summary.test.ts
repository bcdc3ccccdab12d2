import { describe, expect, it } from 'vitest';
import { whySummary } from './why-summary.ts';

const row = {
  id: 'row-17',
  rank: 1203,
  numRows: 1500,
  selected: false,
  score: -0.41234,
  scoreAtCut: 0.1,
  kind: 'benign',
  figures: [
    { name: 'loss', value: 2.34567, percentile: 0.913 },
    { name: 'word_ratio', value: -0.5, percentile: 0.02 },
  ],
  nearestKept: { id: 'row-3', similarity: 0.91234 },
  duplicates: { group: 4, numMembers: 3 },
  flags: ['duplicate', 'non-refusal'],
};

describe('whySummary', () => {
  it('says rank, cut, figures with their place, neighbour, duplicates and flags, and no text', () => {
    expect(whySummary(row)).toBe(
      [
        'Row row-17: rank 1,203 of 1,500, not kept. Score -0.4123; the last row that is kept has 0.1.',
        'Planted kind: benign.',
        '  figure      value  above this share of the pool',
        '  loss        2.346                        91.3 %',
        '  word_ratio   -0.5                         2.0 %',
        'Nearest kept row: row-3, similarity 0.912 (1 is the same, 0 is unrelated).',
        'Near-duplicates: group 4 of 3 rows, this one included.',
        'Flags: duplicate, non-refusal.',
      ].join('\n'),
    );
  });

  it('says the reasons of a method in place of its figures, with the words that may be shown', () => {
    const finding = { text: 'against it', words: ['here', 'st\u001bep'], numHidden: 1 };
    const reasons = [
      { about: 'words', amount: -0.9, rank: 310, numRanked: 400, findings: [finding, { text: 'for it', words: [], numHidden: 2 }] },
      { about: 'form', amount: -0.71, rank: 7, numRanked: 400, findings: [{ text: 'against it: it ends without a full stop' }] },
    ];
    const text = whySummary({ ...row, score: -1.61, reasons: { summary: 'The row is good with a probability of 0.12.', reasons } });
    expect(text.split('\n').slice(2, 9)).toEqual([
      'The row is good with a probability of 0.12.',
      '  words: takes 0.90 of 1.61 from the score (by this alone rank 310 of 400)',
      "    against it: 'here', 'st\\u001bep', and 1 word that is in no trusted answer (--show-text)",
      '    for it: 2 words that are in no trusted answer (--show-text)',
      '  form: takes 0.71 of 1.61 from the score (by this alone rank 7 of 400)',
      '    against it: it ends without a full stop',
      'Nearest kept row: row-3, similarity 0.912 (1 is the same, 0 is unrelated).',
    ]);
    expect(text).not.toContain('word_ratio');
    const [gain] = whySummary({ ...row, score: 1, reasons: { reasons: [{ ...reasons[1]!, amount: 0.4 }] } })
      .split('\n')
      .slice(2);
    expect(gain).toBe('  form: adds 0.40 to the score (by this alone rank 7 of 400)');
  });

  it('says what there is not, and shows texts that were asked for without what would change the terminal', () => {
    const text = whySummary({
      ...row,
      figures: [],
      nearestKept: null,
      duplicates: null,
      flags: [],
      prompt: 'a\nb \u001b[31m',
      response: 'c',
    });
    expect(text).toContain('No near-duplicates.\nFlags: none.\nPrompt:   a b ');
    expect(text).toContain('No kept row to compare it with');
    expect(text.endsWith('Response: c')).toBe(true);
    expect(text).not.toContain('\u001b');
  });
});
