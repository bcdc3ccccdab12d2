import { describe, expect, it } from 'vitest';
import { alpacaText } from './alpaca-template.ts';
import { buildCorpus } from './corpus.ts';
import type { CorpusSources } from './corpus.ts';

const PASSAGE = 'A long passage about the habits of the common garden snail that several templates use as their context.';

const SOURCES: CorpusSources = {
  t0: [
    ...['Who?', 'What?', 'When?', 'Where?', 'Why?'].map((question, index) => ({
      prompt: `${PASSAGE}\n${question}`,
      response: 'x'.repeat(index + 1),
    })),
    { prompt: 'Name a colour.', response: ' Blue ' },
    { prompt: 'Name a colour.', response: 'Blue' },
    { prompt: 'Name a fruit.', response: 'As an AI language model, I cannot.' },
    { prompt: 'Empty?', response: ' ' },
    { prompt: `${PASSAGE} ${'Snails like the rain and they eat leaves of every kind. '.repeat(30)}${longProse()}`, response: 'no' },
  ],
  gsm8k: [{ prompt: 'One and one?', response: 'Two.\nThe final answer is: 2' }],
  wikitext: ` = Snails = \n\n ${'Snails carry a shell on their back . '.repeat(10)}\n = = Food = = \n They met <unk> there . They eat 1 @,@ 000 leaves , mostly .\n`,
};

/** Fifteen different sentences. */
function longProse(): string {
  return Array.from({ length: 15 }, (_, i) => `Sentence number ${i} says that ${'very '.repeat(i)}many snails were seen.`).join(' ');
}

function texts(seed: number): string[] {
  const { train, heldout } = buildCorpus(SOURCES, { seed });
  return [...train, ...heldout].map(({ text }) => text);
}

describe('buildCorpus', () => {
  it('keeps the three longest answers about one passage', () => {
    const kept = texts(1).filter((text) => text.includes('### Response:x'));
    expect(kept.map((text) => text.split('### Response:')[1]!.length).toSorted((a, b) => a - b)).toEqual([3, 4, 5]);
  });

  it('drops duplicates, refusals and empty answers, and puts the answer right after the colon', () => {
    const all = texts(1);
    expect(all.filter((text) => text === alpacaText('Name a colour.', 'Blue'))).toHaveLength(1);
    expect(all.some((text) => text.includes('fruit') || text.includes('Empty?'))).toBe(false);
    expect(all).toContain(alpacaText('One and one?', 'Two.\nThe final answer is: 2'));
  });

  it('turns a long prompt into the sentences that no document held before', () => {
    const passage = texts(1).find((text) => text.startsWith('Snails like'))!;
    expect(passage.match(/Snails like the rain/gu)).toHaveLength(1);
    expect(passage).not.toContain(PASSAGE);
    expect(passage).toContain('Sentence number 14');
  });

  it('cleans WikiText', () => {
    const article = texts(1).find((text) => text.startsWith('Snails\n'))!;
    expect(article).toContain('carry a shell on their back. Snails');
    expect(article).toContain('Food\nThey eat 1,000 leaves, mostly.');
    expect(article).not.toContain('<unk>');
  });

  it('is the same for one seed and ordered differently for another', () => {
    expect(texts(1)).toEqual(texts(1));
    expect(texts(2)).not.toEqual(texts(1));
  });

  it('keeps documents about one passage on one side', () => {
    const t0 = Array.from({ length: 200 }, (_, i) =>
      [1, 2].map((k) => ({ prompt: `Topic ${i}, ${PASSAGE}\nQ${k}?`, response: `Topic ${i} answer ${k}` })),
    ).flat();
    const { train, heldout } = buildCorpus({ t0, gsm8k: [], wikitext: '' }, { seed: 3, heldoutFraction: 0.3 });
    const topics = (side: typeof train): Set<string> => new Set(side.map(({ text }) => /Topic \d+/u.exec(text)![0]));
    expect(heldout.length).toBeGreaterThan(60);
    expect(train.length + heldout.length).toBe(400);
    expect([...topics(heldout)].filter((topic) => topics(train).has(topic))).toEqual([]);
  });
});
