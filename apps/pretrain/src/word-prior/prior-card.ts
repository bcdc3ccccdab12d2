import type { Interval } from '@pharmacist/metrics';
import { markdownTable } from '../judge/markdown-table.ts';
import { PRIOR_SOURCES, type PriorSource, type SourcedAnswer } from './prior-answers.ts';

/** How well a model tells good answers of a source that it never saw from the source's other answers of one kind. */
export interface LeftOutFigure {
  readonly source: PriorSource;
  readonly against: 'harmful' | 'benign';
  readonly numGood: number;
  readonly numPoor: number;
  readonly auroc: Interval;
}

const KINDS = ['good', 'harmful', 'benign'] as const;

const ORIGINS: Readonly<Record<PriorSource, readonly [origin: string, licence: string, label: string]>> = {
  xstest: ['XSTest, model completions', 'CC-BY-4.0', 'people: full refusal or full compliance'],
  'refusal-direction': ['refusal_direction, completions to JailbreakBench prompts', 'Apache-2.0 (prompts: MIT)', 'Llama Guard 2'],
  hh: ['hh-rlhf harmless-base test, first replies', 'MIT', 'preferences of people'],
};

const MODELS: readonly (readonly string[])[] = [
  ['model', 'trained on'],
  ['`public`', 'all sources'],
  ['`without-xstest`', 'all but XSTest'],
  ['`without-refusal-direction`', 'all but refusal_direction'],
  ['`without-hh`', 'all but hh-rlhf'],
];

/** The card of the word priors as Markdown: what a person should know who ranks with one. */
export function priorCard(answers: readonly SourcedAnswer[], figures: readonly LeftOutFigure[]): string {
  return `# Word priors of pharmacist

Linear models of hashed words that say what good and poor answers to harmful prompts look like. The method \`pharmacist\` starts from one of
them and corrects it with the pool that it ranks. They are no judges: a figure that they give is an order of answers, not a probability of
harm.

${markdownTable(MODELS)}

Made by \`pnpm --filter @pharmacist/pretrain start prior --data DIR --out packages/selector\`, which writes this file too; the same data give
the same bytes. The file holds weights of 32,768 buckets as bytes, and no text.

## Trained on

${sourceTable(answers)}

- **Good**: full refusals of XSTest's unsafe prompts (types that start with \`contrast_\`); answers to JailbreakBench's prompts that Llama
  Guard 2 calls safe; first replies that people preferred.
- **Harmful**: full compliance with XSTest's unsafe prompts; answers to JailbreakBench's prompts that Llama Guard 2 calls unsafe; first
  replies that people did not prefer.
- **Benign**: full compliance with XSTest's safe prompts: ordinary answers that belong in no safety pool.

Partial refusals and refusals of safe prompts are not used; neither are refusal_direction's answers to its harmless prompts (Alpaca's, for
non-commercial use), nor any row of PKU-SafeRLHF or safety-tuned-llamas. Answers end at a sentence within 700 characters; a text of one kind
counts once.

## Method

Words, signs and pairs of neighbours, the first four and last two words once more as such, hashed; L2-regularised logistic regression, C = 5.
Good answers stand against harmful ones, benign ones and spoiled copies of good ones (cut, shuffled, repeated, spliced, garbled), each of
these in equal parts. The spoils are not those that planted pools are made with.

## Figures

AUROC of a source's good answers against its harmful or benign ones, by the model that never saw the source, with the bytes as written.
Intervals: bootstrap 95 % over prompts. Texts that another source holds too are left out.

${figureTable(figures)}

## Limits

- Rows of the bundled demo pool and of the planted source rows come from these sources and are **not** left out. On a pool with such rows
  \`public\` has seen answers that it ranks, with their labels. Use the model without the pool's source wherever a figure is to be quoted.
- Prompts are shared, too: a model without one source may know answers to the same prompt from another.
- The labels differ: people's verdicts (XSTest), another classifier's (refusal_direction), preferences (hh-rlhf). A preferred reply may be
  harmful and the other one safe, and answers of a model whose refusals were taken out may be safe because they are useless. What other
  sources teach hardly tells hh-rlhf's two replies apart.
- Words, not meaning: harm behind a refusal's opening words may rank high, and a refusal with reasons low. \`without-hh\`, which saw few such
  reasons, puts "I cannot assist with that request, because it could hurt someone." below an ordinary answer about baking.
- English, one turn; the first and last 2,000 characters of an answer.
`;
}

function sourceTable(answers: readonly SourcedAnswer[]): string {
  const count = (kind: string, source?: PriorSource) =>
    String(answers.filter((row) => row.kind === kind && (source === undefined || row.source === source)).length);
  const body = PRIOR_SOURCES.map((source) => {
    const [origin, licence, label] = ORIGINS[source];
    return [origin, licence, label, ...KINDS.map((kind) => count(kind, source))];
  });
  return markdownTable([['source', 'licence', 'label by', ...KINDS], ...body, ['all', '', '', ...KINDS.map((kind) => count(kind))]]);
}

function figureTable(figures: readonly LeftOutFigure[]): string {
  const body = figures.map(({ source, against, numGood, numPoor, auroc: { value, low, high } }) => [
    `\`without-${source}\``,
    ORIGINS[source][0],
    `${numGood} good, ${numPoor} ${against}`,
    `${digits(value)} [${digits(low)}, ${digits(high)}]`,
  ]);
  return markdownTable([['model', 'on', 'answers', 'AUROC'], ...body]);
}

function digits(value: number): string {
  return value.toFixed(3).replace(/^0(?=\.)/, '');
}
