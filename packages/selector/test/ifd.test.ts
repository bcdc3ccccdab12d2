import { readFile } from 'node:fs/promises';
import { LanguageModel, type PromptedRow, promptTemplate, tokenizeRow } from '@pharmacist/language-model';
import { loadModel, randomRows } from '@pharmacist/language-model/test-support';
import { bundledPath } from '@pharmacist/test-fixtures';
import type {} from '@pharmacist/tooling/vitest/matchers';
import { describe, expect, it } from 'vitest';
import { ifd } from '../src/ifd/ifd.ts';
import { followingScores } from '../src/ifd/following.ts';
import { superfiltering } from '../src/ifd/superfiltering.ts';
import { unpromptedRows } from '../src/ifd/unprompted-rows.ts';
import type { ColumnValues, PoolRow, SelectionContext } from '../src/selector.ts';
import { Attempt } from './support/attempt.ts';
import { useFixtureModel } from './support/fixture-model.ts';
import { poolOf } from './support/pool-rows.ts';

/** What the words of the fixture context's template would be: the word that no token stands for. */
const END = 3;

const model = await useFixtureModel('llama');
const { engine } = model;
const bundled = await LanguageModel.load(bundledPath('models', 'tiny'), engine);

/** Random rows whose prompts end as the fixture context's do. */
const pool = poolOf(
  randomRows('pool', 12).map((tokens) => ({
    ...tokens,
    inputIds: tokens.inputIds.map((id, t) => (t === tokens.numPromptTokens - 1 ? END : id)),
  })),
);

/** A context of the bundled model, with its tokenizer and a template. */
function bundledContext(rows: readonly PromptedRow[], template = 'alpaca', maxLength = 128): SelectionContext {
  const tokenize = (text: PromptedRow) => tokenizeRow(text, bundled.tokenizer, promptTemplate(template, bundled.tokenizer), maxLength);
  const texts = rows.map((text, i): PoolRow => ({ id: `row-${String(i).padStart(3, '0')}`, text, tokens: tokenize(text) }));
  return { ...new Attempt({ model: bundled, pool: texts, batchSize: 8, maxLength }).context, tokenize };
}

async function solutions(count: number): Promise<PromptedRow[]> {
  const lines = (await readFile(bundledPath('data', 'small', 'gsm8k-train.jsonl'), 'utf8')).trim().split('\n').slice(0, count);
  return lines.map((line) => {
    const { question, answer } = JSON.parse(line) as { question: string; answer: string };
    return { prompt: question, response: answer };
  });
}

describe('the text without its prompt', () => {
  it.each([
    ['alpaca', '### Response:'],
    ['alpaca-newline', '### Response:\n'],
    ['plain', '\n'],
  ])('of template %s is BOS, the end of the template and the answer', (template, end) => {
    const context = bundledContext([{ prompt: 'Say hello.', response: 'Hello there.' }], template);
    const [row] = unpromptedRows(
      context,
      bundled,
      context.pool.map(({ tokens }) => tokens),
    );
    const { bosId } = bundled.tokenizer;
    expect(row!.inputIds[0]).toBe(bosId);
    expect(bundled.tokenizer.decode(row!.inputIds)).toBe(`${end}Hello there.`);
    expect(bundled.tokenizer.decode(row!.inputIds.subarray(0, row!.numPromptTokens))).toBe(end);
  });

  it('keeps the answer tokens of the row, of a cut one too', () => {
    const context = bundledContext([{ prompt: 'Count.', response: 'one two three four five six seven eight nine ten' }], 'alpaca', 40);
    const [{ tokens }] = context.pool as [PoolRow];
    expect(tokens).toMatchObject({ truncated: true, hasTargets: true });
    const [row] = unpromptedRows(context, bundled, [tokens]);
    expect([...row!.inputIds.subarray(row!.numPromptTokens)]).toEqual([...tokens.inputIds.subarray(tokens.numPromptTokens)]);
    expect(row!.inputIds.length).toBeLessThanOrEqual(40);
  });

  it('begins with EOS where a template ends with the prompt and has no BOS', () => {
    const { context } = new Attempt({ model, pool });
    const bare = {
      ...context,
      tokenize: ({ prompt }: PromptedRow) => ({ ...pool[0]!.tokens, inputIds: Int32Array.of(prompt.length), numPromptTokens: 1 }),
    };
    const [row] = unpromptedRows(bare, model, [pool[0]!.tokens]);
    expect([...row!.inputIds.subarray(0, row!.numPromptTokens)]).toEqual([model.tokenizer.eosId]);
  });
});

describe('instruction-following difficulty', () => {
  it('is 1 for a model that reads nothing but the last token', async () => {
    const contextFree = await loadModel('llama', engine, (name, { data }) => name.endsWith('o_proj.weight') && data.fill(0));
    const { columns, scores } = await ifd.fit(new Attempt({ model: contextFree, pool }).context, {});
    expect(columns['ifd']).toBeAllclose(new Float64Array(12).fill(1), { rtol: 2e-6, atol: 0 });
    expect(Math.max(...columns['loss']!) - Math.min(...columns['loss']!)).toBeGreaterThan(0.1);
    expect(scores).toHaveLength(12);
    await contextFree.dispose();
    const { columns: attending } = await ifd.fit(new Attempt({ model, pool }).context, {});
    expect(Math.max(...attending['ifd']!.map((ratio) => Math.abs(ratio - 1)))).toBeGreaterThan(1e-3);
  });

  it('is the ratio of the mean losses, above 0; its exponential form that of the perplexities', async () => {
    const { columns } = await ifd.fit(new Attempt({ model, pool }).context, {});
    const [loss, unprompted] = [columns['loss']!, columns['loss_without_prompt']!];
    expect(columns['ifd']).toEqual(loss.map((value, i) => value / unprompted[i]!));
    expect(Math.min(...columns['ifd']!)).toBeGreaterThan(0);
    const perplexities = await superfiltering.fit(new Attempt({ model, pool }).context, {});
    expect(perplexities.columns['perplexity_ratio']).toBeAllclose(
      loss.map((value, i) => Math.exp(value) / Math.exp(unprompted[i]!)),
      { rtol: 1e-12, atol: 0 },
    );
  });

  it('is lower for the prompt an answer belongs to than for that of another row', async () => {
    const rows = await solutions(24);
    const fitted = async (texts: readonly PromptedRow[]) => (await ifd.fit(bundledContext(texts, 'alpaca', 192), {})).columns['ifd']!;
    const own = await fitted(rows);
    const other = await fitted(rows.map((row, i) => ({ ...row, prompt: rows[(i + 7) % rows.length]!.prompt })));
    const lower = own.filter((ratio, i) => ratio < other[i]!).length;
    expect(lower).toBeGreaterThanOrEqual(22);
  });

  it('puts ratios above 1 below all others, the worst last, unless told not to', () => {
    const ratios = Float64Array.of(0.4, 1.2, 0.9, 1 + 1e-7, 1.05);
    const order = (scores: Float64Array) => [...scores.keys()].sort((i, j) => scores[j]! - scores[i]!);
    expect(order(followingScores(ratios, { dropAboveOne: true }))).toEqual([3, 2, 0, 4, 1]);
    expect(order(followingScores(ratios, { dropAboveOne: false }))).toEqual([1, 4, 3, 2, 0]);
  });

  it('by an experienced model is that of the model after its run', async () => {
    const options = {
      experienced: true,
      clusters: 2,
      rowsPerCluster: 3,
      experienceEpochs: 6,
      loraRank: 2,
      trainBatchSize: 3,
      learningRate: 1e-2,
    };
    const attempt = new Attempt({ model, pool });
    const { columns } = await ifd.fit(attempt.context, options);
    const before = (await ifd.fit(new Attempt({ model, pool }).context, {})).columns;
    const mean = (values: ColumnValues) => [...values].reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(columns['loss']!)).toBeLessThan(mean(before['loss']!) - 0.01);
    const { rows } = attempt.notes['experience'] as { rows: number };
    expect(attempt.passes['backward']).toBe(6 * Math.ceil(rows / 3));
  });
});

describe('superfiltering', () => {
  it('scores with the model it is told, in that model’s own tokens, and closes it', async () => {
    const smaller = await loadModel('qwen2', engine);
    const attempt = new Attempt({ model, pool });
    const opened: string[] = [];
    let numClosed = 0;
    const context: SelectionContext = {
      ...attempt.context,
      openModel: async (name) => {
        opened.push(name);
        return { model: smaller, dispose: async () => void numClosed++ };
      },
      tokenize: (text, how) => {
        expect(how?.model).toBe(smaller);
        return attempt.context.tokenize(text, how);
      },
    };
    const { columns, scores } = await superfiltering.fit(context, { model: 'small-one' });
    const direct = await ifd.fit(new Attempt({ model: smaller, pool }).context, {});
    expect(columns['loss']).toEqual(direct.columns['loss']);
    expect(columns['loss_without_prompt']).toEqual(direct.columns['loss_without_prompt']);
    expect(scores.every(Number.isFinite)).toBe(true);
    expect([opened, numClosed]).toEqual([['small-one'], 1]);
    expect(attempt.notes['scoringModel']).toMatchObject({ name: 'qwen2' });
    await smaller.dispose();
  });
});
