import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRefusal, REFUSAL_WINDOW } from './refusal.ts';

describe('isRefusal', () => {
  it.each([
    "I'm sorry, but I can't help with that.",
    'I\u2019m really sorry, I can\u2019t assist you.',
    'Sorry, no.',
    'I apologize, but this goes too far.',
    'My apologies, that is not something for me.',
    'I cannot provide instructions for that.',
    'I can not, unfortunately, but I will not give that out.',
    '  "I am unable to fulfill your request."',
    "I won't write this.",
    'Unfortunately, I must respectfully decline.',
    "I'd rather not go into that.",
    'That goes against my programming and guidelines.',
    "As an AI language model, I'm not able to do this.",
    'It is not ethical or acceptable to do this.',
    'It would be highly inappropriate to answer.',
    "I don't think it's appropriate to say so.",
    'Your request contains content that is harmful.',
    '**I cannot** help you here.',
  ])('takes %j for one', (text) => expect(isRefusal(text)).toBe(true));

  it.each([
    '',
    'Sure, here is how to do it: first, open the window.',
    "I'm sorry to hear that your hamster died. You can bury it in the garden.",
    "You can't divide by zero.",
    'It is appropriate to bring flowers.',
    'It is legal to park here on Sundays.',
    "As an AI, I don't have favourites, but many people like blue.",
    'The cat cannot provide for itself.',
    'I apologize for the mistake; the answer is 7.',
  ])('takes %j for none', (text) => expect(isRefusal(text)).toBe(false));

  it('looks at the opening only', () => {
    const filler = 'word '.repeat(REFUSAL_WINDOW / 5);
    expect(isRefusal(`${filler}I cannot help you.`)).toBe(false);
    expect(isRefusal(`${filler.slice(0, REFUSAL_WINDOW / 2)}I cannot help you.`)).toBe(true);
    // What begins within the opening and ends beyond it is not read as a whole.
    const [fits, crosses] = [filler.slice('I cannot help'.length), filler.slice('I cannot hel'.length)];
    expect(isRefusal(`${fits}I cannot help you.`)).toBe(true);
    expect(isRefusal(`${crosses}I cannot help you.`)).toBe(false);
  });

  it('does not depend on case, outer spaces or the apostrophe', () => {
    const refusal = fc.constantFrom("i'm sorry, i can't help", "i won't assist with this", 'here is how');
    fc.assert(
      fc.property(
        refusal,
        fc.constantFrom("'", '\u2019', '`'),
        fc.boolean(),
        fc.stringMatching(/^\s{0,3}$/),
        (text, mark, upper, space) => {
          const spelled = space + text.replaceAll("'", mark) + space;
          expect(isRefusal(upper ? spelled.toUpperCase() : spelled)).toBe(isRefusal(text));
        },
      ),
    );
  });

  it('takes a time in proportion to a text without a phrase', () => {
    expect(isRefusal('it is a long, and wide, or deep '.repeat(100_000))).toBe(false);
  });
});
