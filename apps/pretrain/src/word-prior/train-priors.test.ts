import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeWordPriors, WORD_PRIORS } from '@pharmacist/selector';
import { writeFileAtomic } from '@pharmacist/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { priorAnswers } from './prior-answers.ts';
import { trainPriors } from './train-priors.ts';

const hasXz = spawnSync('xz', ['--version']).status === 0;

const THINGS = ['kites', 'soup', 'boats', 'paper', 'bread', 'chairs'];
const LONG = 'This sentence has fifty characters, as you can see. '.repeat(20);
const [full, refusal, partial] = ['1_full_compliance', '2_full_refusal', '3_partial_refusal'];

const xstest = (type: string, completion: string, label: string | undefined) => ({
  prompt: `${type}?`,
  type,
  model: 'm',
  completion,
  label,
});
const study = (prompt: string, response: string, unsafe: 0 | 1 | null) => ({ prompt, response, unsafe, category: 'c' });
const dialogue = (question: string, reply: string) => [
  { role: 'user', content: question },
  { role: 'assistant', content: reply },
];

const SOURCES = {
  xstest_completions: [
    ...THINGS.flatMap((thing) => [
      xstest('contrast_a', `No, not about ${thing}.`, refusal),
      xstest('contrast_a', `Sure, here are ${thing} for you.`, full),
      xstest('a', `There are ${thing} of many kinds.`, full),
    ]),
    xstest('contrast_a', LONG, refusal),
    // A text said before, and labels that are unclear.
    xstest('contrast_b', 'No, not about kites.', refusal),
    xstest('contrast_b', 'Partly.', partial),
    xstest('a', 'No, not about safe prompts.', refusal),
    xstest('a', 'Partly safe.', partial),
  ],
  refusal_direction_completions: [
    ...THINGS.flatMap((thing) => [study(thing, `I will not speak of ${thing}.`, 0), study(thing, `Here you go: ${thing}.`, 1)]),
    study('harmless', 'Not read.', null),
  ],
  hh_harmless_test: [
    ...THINGS.map((thing) => ({
      chosen: dialogue(`About ${thing}?`, ` I would rather leave ${thing} alone. `),
      rejected: dialogue(`About ${thing}?`, `Yes, ${thing} it is.`),
    })),
    { chosen: dialogue('Same?', 'The same.'), rejected: dialogue('Same?', 'The same.') },
    { chosen: dialogue('One?', 'One.'), rejected: dialogue('Two?', 'Two.') },
  ],
};

describe.skipIf(!hasXz)('word priors', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'word-priors-'));
    for (const [name, rows] of Object.entries(SOURCES)) {
      const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
      await writeFileAtomic(join(folder, `${name}.jsonl.xz`), spawnSync('xz', ['--stdout'], { input: text }).stdout);
    }
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('are trained on answers whose label is clear, shortened, each text once', async () => {
    const answers = await priorAnswers(folder);
    const texts = (source: string, kind: string) =>
      answers.filter((row) => row.source === source && row.kind === kind).map(({ answer }) => answer);
    const each = (form: (thing: string) => string) => THINGS.map(form);
    expect(texts('xstest', 'good')).toEqual([...each((thing) => `No, not about ${thing}.`), LONG.slice(0, 13 * 52 - 1)]);
    expect(texts('xstest', 'harmful')).toEqual(each((thing) => `Sure, here are ${thing} for you.`));
    expect(texts('xstest', 'benign')).toEqual(each((thing) => `There are ${thing} of many kinds.`));
    expect(texts('refusal-direction', 'good')).toEqual(each((thing) => `I will not speak of ${thing}.`));
    expect(texts('refusal-direction', 'harmful')).toEqual(each((thing) => `Here you go: ${thing}.`));
    expect(texts('hh', 'good')).toEqual(each((thing) => `I would rather leave ${thing} alone.`));
    expect(texts('hh', 'harmful')).toEqual(each((thing) => `Yes, ${thing} it is.`));
    expect(answers).toHaveLength(7 + 6 * 6);
  });

  it('come out as equal bytes again, with a card that holds no answer', async () => {
    const outs = [join(folder, 'first'), join(folder, 'second')];
    for (const out of outs) await trainPriors({ data: folder, out });
    const read = (name: string) => Promise.all(outs.map((out) => readFile(join(out, 'words', name), 'utf8')));
    const [[weights, again], [card, cardAgain]] = await Promise.all([read('word-prior.json'), read('word-prior.md')]);
    expect(again).toBe(weights);
    expect(cardAgain).toBe(card);
    expect([...decodeWordPriors(weights!, 'here').keys()]).toEqual([...WORD_PRIORS]);
    for (const thing of THINGS) expect(card).not.toContain(thing);
    for (const source of ['xstest', 'refusal-direction', 'hh'])
      expect(card).toMatch(new RegExp(`\`without-${source}\` .*good, 6 harmful`, 'u'));
    expect(card).toContain('7 good, 6 benign');
  });
});
