import { Random } from '@pharmacist/core';
import { describe, expect, it } from 'vitest';
import { knownRows } from './fold.ts';
import { oneSpoil, plantedCopies } from './planted-copies.ts';
import { SPOIL_NAMES } from './spoil.ts';

const tokens = { inputIds: Int32Array.of(1, 2, 3), numPromptTokens: 1, truncated: false, hasTargets: true };
const answers = Array.from({ length: 12 }, (_, i) => `Sorry, no ${i}. That would hurt people ${i} and more. Ask a friend ${i} for help.`);
const rows = answers.map((response, i) => ({ text: { prompt: `Wish ${i}`, response }, tokens }));
const tokenize = () => tokens;
const trusted = knownRows(rows);
const copiesOf = (of = trusted, { seed = 0, spoils = oneSpoil, donors = trusted } = {}) =>
  plantedCopies({ tokenize }, of, { donors, random: new Random(seed), spoils });

describe('planted copies', () => {
  it('belong to the half of the row that was copied, keep its prompt, and know it', () => {
    const copies = copiesOf(trusted, { spoils: () => SPOIL_NAMES });
    expect(copies.length).toBeGreaterThan(trusted.length);
    expect(new Set(copies.map(({ fold }) => fold)).size).toBe(2);
    for (const { fold, parent, text } of copies) {
      expect(fold).toBe(trusted[parent]!.fold);
      expect(text.prompt).toBe(trusted[parent]!.text.prompt);
      expect(text.response).not.toBe(trusted[parent]!.text.response);
    }
  });

  it('hold words of their own half alone, unless there is no other row in it', () => {
    const marked = knownRows(answers.map((response, i) => ({ text: { prompt: `Wish ${i}`, response: `${response} mark${i}.` }, tokens })));
    const foldOfMark = new Map(marked.map(({ text, fold }) => [/mark\d+/.exec(text.response)![0], fold]));
    const copies = copiesOf(marked, { donors: marked, spoils: () => ['spliced', 'replaced-words'] });
    const marks = copies.flatMap(({ text, fold }) => (text.response.match(/mark\d+/g) ?? []).map((mark) => [foldOfMark.get(mark), fold]));
    expect(marks.length).toBeGreaterThan(copies.length / 2);
    for (const [ofMark, own] of marks) expect(ofMark).toBe(own);
    const [first] = marked;
    const others = marked.filter(({ fold }) => fold !== first!.fold);
    expect(copiesOf([first!], { donors: others, spoils: () => ['spliced'] })).toHaveLength(1);
  });

  it('are left out where they came out unchanged, or where no answer is left room for', () => {
    const [word] = knownRows([{ text: { prompt: 'Wish', response: 'No' }, tokens }]);
    const spoils = () => ['shuffled', 'shuffled-sentences', 'cut-words'] as const;
    expect(copiesOf([word!], { spoils })).toEqual([]);
    const full = () => ({ ...tokens, hasTargets: false });
    expect(plantedCopies({ tokenize: full }, trusted, { donors: trusted, random: new Random(0), spoils: oneSpoil })).toEqual([]);
  });

  it('are decided by text and seed, not by order', () => {
    expect(knownRows(rows.toReversed())).toEqual(trusted);
    const byText = (copies: ReturnType<typeof copiesOf>) => new Map(copies.map(({ hash, text }) => [hash, text.response]));
    const [first, reversed] = [copiesOf(), copiesOf(trusted.toReversed(), { donors: trusted })];
    expect(byText(reversed)).toEqual(byText(first));
    // The same row alone is spoiled the same way.
    expect(byText(copiesOf(trusted.slice(4, 5)))).toEqual(new Map([[first[4]!.hash, first[4]!.text.response]]));
    expect(byText(copiesOf(trusted, { seed: 1 }))).not.toEqual(byText(first));
  });
});
