import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundledPath } from '@pharmacist/test-fixtures';
import { createEngine, type Engine, type EngineName } from '@pharmacist/tensor-kernels';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collate } from './collate.ts';
import { generate } from './generate/generate.ts';
import type { JsonObject } from './json-file.ts';
import { LanguageModel } from './language-model.ts';
import { promptTemplate } from './prompt-template.ts';
import { tokenizePrompt, tokenizeRow } from './tokenize-row.ts';
import { Tokenizer } from './tokenizer.ts';

const ROWS = 4096;

/** The bundled model, whose embedding has 4096 rows. */
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'missing-embeddings-'));
  await cp(bundledPath('models', 'tiny'), folder, { recursive: true });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function edit(name: string, change: (json: JsonObject) => void): Promise<void> {
  const json = JSON.parse(await readFile(join(folder, name), 'utf8')) as JsonObject;
  change(json);
  await writeFile(join(folder, name), JSON.stringify(json));
}

async function addTokens(contents: readonly string[], special: boolean): Promise<void> {
  const added = contents.map((content, i) => ({ id: ROWS + i, content, special, normalized: false }));
  await edit('tokenizer.json', (json) => (json['added_tokens'] as object[]).push(...added));
}

const load = async () => await Tokenizer.load(folder, { embeddingRows: ROWS });

async function withModel(name: EngineName, work: (model: LanguageModel, engine: Engine) => Promise<void>): Promise<void> {
  const { engine } = await createEngine({ name, numThreads: 1 });
  try {
    await work(await LanguageModel.load(folder, engine), engine);
  } finally {
    await engine.dispose();
  }
}

describe('a pad token that was added without resizing the model', () => {
  beforeEach(async () => {
    await addTokens(['[PAD]'], true);
    await edit('tokenizer_config.json', (json) => (json['pad_token'] = '[PAD]'));
  });

  it.each(['onnx', 'tfjs-cpu'] as const)(
    'is named, and padding with EOS gives the losses and answers of the model as it was: %s',
    async (name) => {
      const results: unknown[] = [];
      const measure = async (model: LanguageModel) => {
        const template = promptTemplate('plain', model.tokenizer);
        const rows = [{ prompt: 'Hello', response: ' there' }, { prompt: 'A longer question, is it?', response: ' It is.' }]; // prettier-ignore
        const tokens = rows.map((row) => tokenizeRow(row, model.tokenizer, template, 24));
        const batch = collate(tokens, { padId: model.tokenizer.padId, lengthBuckets: [24], batchSize: 3 });
        const prompts = rows.map((row) => tokenizePrompt(row, model.tokenizer, template, 24));
        results.push([await model.rowLosses(batch), await generate(model, prompts, { maxNewTokens: 2 })]);
      };
      await withModel(name, async (model) => {
        expect(model.tokenizer.padId).toBe(model.tokenizer.eosId);
        expect(model.warnings).toEqual([
          'the tokenizer has "[PAD]" (id 4096) beyond the 4096 rows of the embedding: a text that holds such a token is refused; padding is done with the end-of-text token instead',
        ]);
        await measure(model);
      });
      await rm(folder, { recursive: true });
      await cp(bundledPath('models', 'tiny'), folder, { recursive: true });
      await withModel(name, async (model) => {
        expect(model.warnings).toEqual([]);
        await measure(model);
      });
      expect(results[0]).toEqual(results[1]);
    },
  );

  it('is refused in a prompt and in an answer, by the row and the token', async () => {
    const tokenizer = await load();
    const template = promptTemplate('alpaca', tokenizer);
    const error = {
      code: 'E_DATA',
      where: 'pool.jsonl row 7',
      message: 'holds the token "[PAD]" (id 4096), but the embedding of the model has 4096 rows and none for it',
    };
    const row = (prompt: string, response: string) => () =>
      tokenizeRow({ prompt, response }, tokenizer, template, 64, { where: 'pool.jsonl row 7' });
    expect(row('a [PAD] b', 'c')).toThrow(expect.objectContaining(error));
    expect(row('a', 'b[PAD]')).toThrow(expect.objectContaining(error));
    expect(row('a', 'b [PA D]')().hasTargets).toBe(true);
    expect(() => tokenizePrompt({ prompt: '[PAD]' }, tokenizer, template, 64, 'pool.jsonl row 7')).toThrow(expect.objectContaining(error));
    expect(() => tokenizer.encode('[PAD]')).toThrow(expect.objectContaining({ ...error, where: 'text' }));
  });
});

describe('other tokens beyond the embedding', () => {
  it('are named, the first five of them, and the pad token that is there stays', async () => {
    const { padId } = await load();
    await addTokens(['<1>', '<2>', '<3>', '<4>', '<5>', '<6>', '<7>'], false);
    const tokenizer = await load();
    expect(tokenizer.warnings).toEqual([expect.stringMatching(/"<1>" \(id 4096\), .*"<5>" \(id 4100\) and 2 more beyond .* is refused$/)]);
    expect(tokenizer.padId).toBe(padId);
    expect(() => tokenizer.encode('x <6>')).toThrow('holds the token "<6>" (id 4101)');
  });

  it('are not looked for without a model', async () => {
    await addTokens(['[PAD]'], true);
    const tokenizer = await Tokenizer.load(folder);
    expect(tokenizer.encode('[PAD]', { addSpecialTokens: false })).toEqual([4096]);
    expect(tokenizer.warnings).toEqual([]);
  });

  it('may not end every text', async () => {
    await addTokens(['<end>'], true);
    await edit('tokenizer_config.json', (json) => (json['eos_token'] = '<end>'));
    await expect(load()).rejects.toMatchObject({ code: 'E_MODEL', message: expect.stringContaining('"<end>" (id 4096) ends every text') });
  });

  it('may not be added to every text', async () => {
    await addTokens(['<start>'], true);
    const single = [{ SpecialToken: { id: '<start>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }];
    const tokens = { '<start>': { id: '<start>', ids: [4096], tokens: ['<start>'] } };
    await edit('tokenizer.json', (json) => {
      json['post_processor'] = { type: 'TemplateProcessing', single, pair: single, special_tokens: tokens };
    });
    await expect(load()).rejects.toThrow('"<start>" (id 4096) is added to every text');
  });

  it('in config.json alone are named too', async () => {
    await edit('config.json', (json) => (json['pad_token_id'] = 5000));
    await withModel('onnx', async ({ warnings }) => {
      expect(warnings).toEqual([expect.stringContaining('config.json names 5000 as pad_token_id')]);
    });
  });
});
