import '@pharmacist/tooling/vitest/matchers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NUM_ROW_NUMBERS, ROW_NUMBERS, rowNumbers } from './row-numbers.ts';

const LOSS_NUMBERS = ROW_NUMBERS.slice(0, ROW_NUMBERS.indexOf('log_tokens'));
const END = 2;

/** A row of three prompt tokens and these answer tokens, cut or with the end-of-text token behind them. */
function numbersOf(ids: readonly number[], losses: readonly number[], { text = 'Yes.', isCut = false } = {}) {
  const answer = isCut ? ids : [...ids, END];
  const tokens = { inputIds: Int32Array.of(7, 8, 9, ...answer), numPromptTokens: 3, truncated: isCut, hasTargets: true };
  const numbers = rowNumbers({ text: { prompt: 'Why?', response: text }, tokens }, Float32Array.from(losses));
  expect(numbers).toHaveLength(NUM_ROW_NUMBERS);
  return Object.fromEntries(ROW_NUMBERS.map((name, i) => [name, numbers[i]!])) as Record<(typeof ROW_NUMBERS)[number], number>;
}

describe('row numbers', () => {
  it('of five tokens and the end of the text are those worked out by hand', () => {
    const numbers = numbersOf([5, 6, 5, 6, 5], [1, 2, 3, 4, 5, 9], { text: ' I Say no. Please say no. please ' });
    const expected = {
      loss: 3,
      highest_loss: 5,
      loss_spread: Math.SQRT2,
      loss_of_first_tokens: 3,
      loss_of_last_tokens: 3,
      end_of_text_loss: 9,
      // Positions -1, -.5, 0, .5, 1: (2 + .5 + .5 + 2) / (1 + .25 + .25 + 1).
      loss_slope: 2,
      highest_window_loss: 3,
      lowest_window_loss: 3,
      largest_loss_jump: 0,
      log_tokens: Math.log(5),
      distinct_tokens: 2 / 5 ** 0.8,
      // 565, 656, 565.
      repeated_triples: 1 / 3,
      // "i say", "say no.", "no. please", "please say", "say no.", "no. please".
      repeated_word_pairs: 2 / 6,
      closed_end: 0,
      capital_start: 1,
      // I, Say, Please.
      capitalised_words: 3 / 7,
      signs_a_word: 2 / 7,
      // Say; Please begins a sentence.
      capitals_within_sentences: 1 / 6,
    };
    expect(Object.keys(numbers)).toEqual(Object.keys(expected));
    expect(Object.values(numbers)).toBeAllclose(Object.values(expected), { rtol: 1e-6, atol: 1e-7 }); // losses are f32
  });

  it('of a cut answer have no loss of the end, and its last token counts like any other', () => {
    const numbers = numbersOf([5, 6], [1, 4], { isCut: true });
    expect(numbers.end_of_text_loss).toBeNaN();
    expect(numbers).toMatchObject({ loss: 2.5, highest_loss: 4, loss_slope: 1.5, log_tokens: Math.log(2) });
  });

  it('of an answer of one token are defined, and so are those of the end of the text alone', () => {
    expect(numbersOf([5], [3, 8])).toMatchObject({ loss: 3, loss_spread: 0, loss_slope: 0, end_of_text_loss: 8, log_tokens: 0 });
    const nothing = numbersOf([], [4], { text: '' });
    expect(nothing).toMatchObject({ loss: 4, end_of_text_loss: 4, distinct_tokens: 0, closed_end: 0, capitalised_words: 0 });
    expect(Object.values(nothing).every(Number.isFinite)).toBe(true);
  });

  it('see a jump from eight tokens to the next eight, and none in fewer than sixteen', () => {
    const losses = [...Array.from({ length: 8 }, () => 1), ...Array.from({ length: 8 }, () => 3)];
    const numbers = (length: number) => numbersOf(Array.from(losses.slice(0, length).keys()), losses.slice(0, length), { isCut: true });
    expect(numbers(16)).toMatchObject({ largest_loss_jump: 2, highest_window_loss: 3, lowest_window_loss: 1 });
    expect(numbers(15)).toMatchObject({ largest_loss_jump: 0, lowest_window_loss: 1 });
    expect(numbers(9)).toMatchObject({ largest_loss_jump: 0, highest_window_loss: 1.25, lowest_window_loss: 1 });
    expect(numbers(8)).toMatchObject({ largest_loss_jump: 0, highest_window_loss: 1, lowest_window_loss: 1 });
  });

  it('without losses know the text alone', () => {
    const [read, unread] = [numbersOf([5, 6], [1, 2, 3]), numbersOf([5, 6], [])];
    for (const name of LOSS_NUMBERS) expect(unread[name], name).toBeNaN();
    const isOfText = ([name]: [string, number]) => !LOSS_NUMBERS.some((other) => other === name);
    expect(Object.entries(unread).filter(isOfText)).toEqual(Object.entries(read).filter(isOfText));
  });

  it('are never infinite, and missing only where a cut answer has no end', () => {
    const losses = fc.array(fc.float({ min: 0, max: 200, noNaN: true }), { minLength: 1, maxLength: 40 });
    const property = fc.property(losses, fc.string({ maxLength: 60 }), fc.boolean(), (values, text, isCut) => {
      const ids = Array.from({ length: isCut ? values.length : values.length - 1 }, (_, i) => 10 + (i % 7));
      for (const [name, value] of Object.entries(numbersOf(ids, values, { text, isCut }))) {
        const isMissing = isCut && name === 'end_of_text_loss';
        expect(isMissing ? Number.isNaN(value) : Number.isFinite(value), `${name} is ${value}`).toBe(true);
      }
    });
    fc.assert(property, { numRuns: 300 });
  });
});
