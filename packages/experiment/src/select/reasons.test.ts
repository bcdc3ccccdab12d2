import { describe, expect, it } from 'vitest';
import { shownWords, tellReasons } from './reasons.ts';

const answer = 'First, HERE is cake';
const json = JSON.stringify({
  summary: 'Good.',
  reasons: [
    {
      about: 'words',
      amount: -0.9,
      rank: 3,
      numRanked: 4,
      findings: [
        {
          text: 'against it',
          spans: [
            [7, 11],
            [15, 19],
            [0, 5],
          ],
        },
        { text: 'plain' },
      ],
    },
  ],
});

describe('reasons', () => {
  it('name the words of an answer that trusted answers have, too, and count the others', () => {
    const shown = shownWords(['here I am: first of all'], { showText: false });
    expect(tellReasons(json, answer, shown)).toEqual({
      summary: 'Good.',
      reasons: [
        {
          about: 'words',
          amount: -0.9,
          rank: 3,
          numRanked: 4,
          findings: [{ text: 'against it', words: ['HERE', 'First'], numHidden: 1 }, { text: 'plain' }],
        },
      ],
    });
  });

  it('name none without trusted answers, and all where texts were asked for', () => {
    const wordsOf = (trusted: readonly string[], showText: boolean) =>
      tellReasons(json, answer, shownWords(trusted, { showText })).reasons[0]!.findings[0];
    expect(wordsOf([], false)).toEqual({ text: 'against it', words: [], numHidden: 3 });
    expect(wordsOf([], true)).toEqual({ text: 'against it', words: ['HERE', 'cake', 'First'] });
  });
});
