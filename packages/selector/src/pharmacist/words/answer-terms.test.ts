import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerTerms } from './answer-terms.ts';

const END = '\u0003';
const first = (word: string) => `\u0002${word}`;
const last = (word: string) => `\u0004${word}`;

describe('answerTerms', () => {
  it('gives words and signs in order, an end mark, the last two words and the first four', () => {
    const terms = ['no', ',', 'i', "can't", 'do', 'that', '.', 'ask', '1', '2', '!', END];
    const ends = [last('ask'), last('12!')];
    const starts = [first('no,'), first('i'), first("can't"), first('do')];
    expect(answerTerms('No, I can’t do  that.\nAsk 12!')).toEqual([...terms, ...ends, ...starts]);
  });

  it('has fewer of them in short answers, and the end mark alone in an empty one', () => {
    expect(answerTerms('Sorry')).toEqual(['sorry', END, last('sorry'), first('sorry')]);
    expect(answerTerms('')).toEqual([END]);
    expect(answerTerms(' \n\t')).toEqual([END]);
  });

  it('does not tell widths, cases and kinds of apostrophe apart', () => {
    expect(answerTerms('ＩＴ’S')).toEqual(answerTerms("it's"));
  });

  it('keeps letters of every script and their marks in one word', () => {
    expect(answerTerms('Žluťoučký नमस्ते 🙂').slice(0, 4)).toEqual(['žluťoučký', 'नमस्ते', '🙂', END]);
  });

  it('reads the first and the last 2,000 characters of a long answer', () => {
    const [start, end] = ['begin '.repeat(400), ' close'.repeat(400)];
    const terms = answerTerms(`${start}${'middle '.repeat(1e5)}${end}`);
    expect(terms).not.toContain('middle');
    expect(terms.filter((term) => term === 'begin').length).toBe(333);
    expect(terms.filter((term) => term === 'close').length).toBe(333);
    expect(terms.at(-1)).toBe(first('begin'));
  });

  it('takes any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(answerTerms(text)).toContain(END);
      }),
    );
  });
});
