/** Models as they were published, imported from GGUF: what transformers answers with them, token for token (goldens: tooling/goldens/real_models.py). */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { goldenPath } from '@pharmacist/test-fixtures';
import { createEngine, type Engine } from '@pharmacist/tensor-kernels';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generate, importGguf, LanguageModel, promptTemplate, tokenizePrompt } from '../src/index.ts';

interface GoldenAnswers {
  readonly sha256: string;
  readonly hasChatTemplate: boolean;
  readonly rows: readonly {
    readonly prompt: string;
    /** The prompt in the model's own form. */
    readonly text: string;
    readonly promptIds: number[];
    /** Greedy, the end of the text included. */
    readonly answerIds: number[];
    /** How far the logit of each is above the next best. */
    readonly leads: readonly number[];
  }[];
}

/** Logits of two implementations in float32 differ by some ten-thousandths: a choice that is closer than this may fall either way. */
const TIE = 2e-3;

describe.each(['smollm2-135m-instruct', 'gemma-3-270m'])('%s', (name) => {
  let golden: GoldenAnswers;
  let engine: Engine;
  let model: LanguageModel;
  let dir: string;

  beforeAll(async () => {
    golden = JSON.parse(await readFile(goldenPath('real-models', `${name}.json`), 'utf8')) as GoldenAnswers;
    const file = join(process.env['PHARMACIST_REAL_MODELS']!, `${name}.gguf`);
    const sha256 = createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
    if (sha256 !== golden.sha256) throw new Error(`${file} is not the file that the goldens were made with`);
    dir = await mkdtemp(join(tmpdir(), 'pharmacist-published-'));
    await importGguf(file, join(dir, 'model'));
    ({ engine } = await createEngine({ name: 'onnx' }));
    model = await LanguageModel.load(join(dir, 'model'), engine);
  });

  afterAll(async () => {
    await engine?.dispose();
    await rm(dir, { recursive: true, force: true });
  });

  it('gives prompts the tokens that transformers gives them', () => {
    expect(golden.rows.length).toBe(20);
    const template = promptTemplate(golden.hasChatTemplate ? 'chat' : 'plain', model.tokenizer);
    for (const { prompt, text, promptIds } of golden.rows) {
      const rendered = golden.hasChatTemplate ? template.render({ prompt }) : prompt;
      expect(rendered).toBe(text);
      const ids = golden.hasChatTemplate ? [...tokenizePrompt({ prompt }, model.tokenizer, template, 512)] : model.tokenizer.encode(text);
      expect(ids).toEqual(promptIds);
    }
  });

  it('answers as transformers does, greedily', async () => {
    const prompts = golden.rows.map(({ promptIds }) => Int32Array.from(promptIds));
    const answers = await generate(model, prompts, { maxNewTokens: 32, stopIds: [] });
    const eos = new Set(model.config.eosTokenIds);
    let numTies = 0;
    answers.forEach(({ ids }, i) => {
      const { answerIds, leads } = golden.rows[i]!;
      const place = answerIds.findIndex((id, k) => id !== ids[k]);
      if (place < 0) return;
      expect(leads[place], `${golden.rows[i]!.prompt}, token ${place}: ${ids[place]} in place of ${answerIds[place]}`).toBeLessThan(TIE);
      numTies++;
    });
    expect(numTies).toBeLessThan(2);
    // Whoever stops stops there.
    expect(golden.rows.every(({ answerIds }) => answerIds.slice(0, -1).every((id) => !eos.has(id)))).toBe(true);
  });
});
