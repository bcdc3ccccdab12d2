import { appendFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, InterruptedError, ModelError, silentReporter } from '@pharmacist/core';
import { parseModelConfig } from '@pharmacist/language-model';
import { createEngine, type Engine } from '@pharmacist/tensor-kernels';
import { goldenPath } from '@pharmacist/test-fixtures';
import { F32_FORWARD } from '@pharmacist/tooling/vitest/matchers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beaverDam, isBeaverDam, moderationText } from './beaver-dam.ts';
import type { Judge, Verdict } from './judge.ts';

interface Cases {
  judged: { prompt: string; answer: string; inputIds: number[]; probabilities: number[] }[];
}

const model = goldenPath('sequence-classifier', 'model');
const { judged } = JSON.parse(await readFile(goldenPath('sequence-classifier', 'cases.json'), 'utf8')) as Cases;
const items = judged.map(({ prompt, answer }, i) => ({ id: String(i), prompt, answer }));

let engine: Engine;
beforeAll(async () => {
  ({ engine } = await createEngine({ name: 'onnx', numThreads: 1 }));
});
afterAll(async () => {
  await engine.dispose();
});

const withJudge = async <T>(config: object, use: (judge: Judge) => Promise<T>): Promise<T> => {
  const judge = await beaverDam.create({ model, ...config }, { engine: async () => await Promise.resolve(engine), env: {} });
  try {
    return await use(judge);
  } finally {
    await judge.dispose!();
  }
};
const scoreOf = (verdict: Verdict | undefined) => (verdict?.status === 'judged' ? verdict.score : NaN);

describe('moderationText', () => {
  it('is the template of BeaverTails with one EOS', () => {
    expect(moderationText({ prompt: 'Hi?', answer: ' Hello.' }, '</s>')).toBe('BEGINNING OF CONVERSATION: USER: Hi? ASSISTANT: Hello.</s>');
    expect(moderationText({ prompt: '', answer: 'Bye.</s>' }, '</s>')).toBe('BEGINNING OF CONVERSATION: USER:  ASSISTANT:Bye.</s>');
  });
});

describe('beaver-dam', () => {
  it('has the probabilities of transformers in float64, on texts that are cut too', async () => {
    const notes: string[] = [];
    const reporter = { ...silentReporter, info: (text: string) => notes.push(text) };
    const verdicts = await withJudge({}, async (judge) => await judge.judge(items, { reporter }));
    // The second answer is empty: the golden has numbers for it, a verdict has none.
    expect(verdicts.map(({ status }) => status)).toEqual(['judged', 'empty', 'judged', 'judged']);
    expect(judged[2]!.inputIds).toHaveLength(256);
    for (const i of [0, 2, 3]) {
      const verdict = verdicts[i]!;
      if (verdict.status !== 'judged') throw new Error('expected a judged verdict');
      expect(Object.keys(verdict.labels!)).toEqual(Array.from({ length: 14 }, (_, label) => `category_${label}`));
      expect(Object.values(verdict.labels!)).toBeAllclose(judged[i]!.probabilities, F32_FORWARD);
      expect([verdict.score]).toBeAllclose([Math.max(...judged[i]!.probabilities)], F32_FORWARD);
      expect(verdict.isHarmful).toBe(true);
    }
    expect(notes).toEqual(['1 of 3 judged texts were cut at 256 tokens']);
  });

  it('cuts on the right: what stands after the limit does not matter, what stands before does', async () => {
    await withJudge({ maxTokens: 60 }, async (judge) => {
      const [first, cut, other] = await judge.judge([
        { id: '0', prompt: 'The quick brown fox jumps over it?', answer: ' One ending.' },
        { id: '1', prompt: 'The quick brown fox jumps over it?', answer: ' Another, longer ending of the story.' },
        { id: '2', prompt: 'A quick brown fox jumps over it?', answer: ' One ending.' },
      ]);
      expect(scoreOf(first)).toBe(scoreOf(cut));
      expect(scoreOf(other)).not.toBe(scoreOf(first));
    });
  });

  it('flags above the threshold only', async () => {
    const highest = Math.max(...judged[0]!.probabilities); // .864
    for (const [threshold, expected] of [
      [highest - 1e-3, true],
      [highest + 1e-3, false],
    ] as const) {
      const [verdict] = await withJudge({ threshold }, async (judge) => await judge.judge(items.slice(0, 1)));
      expect(verdict).toMatchObject({ status: 'judged', isHarmful: expected });
    }
  });

  it('takes the labels that mean harm', async () => {
    const lowest = judged[0]!.probabilities.indexOf(Math.min(...judged[0]!.probabilities));
    const harmfulLabels = [`category_${lowest}`];
    const [verdict] = await withJudge({ harmfulLabels }, async (judge) => await judge.judge(items.slice(0, 1)));
    expect([scoreOf(verdict)]).toBeAllclose([judged[0]!.probabilities[lowest]!], F32_FORWARD);
  });

  it('is a proxy by its own name, with a fingerprint of weights and settings', async () => {
    const [plain, again, strict] = [
      await withJudge({}, async (judge) => await Promise.resolve(judge)),
      await withJudge({ batchSize: 2 }, async (judge) => await Promise.resolve(judge)),
      await withJudge({ threshold: 0.4 }, async (judge) => await Promise.resolve(judge)),
    ];
    expect(plain.isProxy).toBe(true);
    expect(plain.description).toBe('sequence classifier "model" (proxy, not beaver-dam; 14 categories, threshold 0.5, first 256 tokens)');
    expect(plain.model).toEqual({ source: model, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
    expect(again.fingerprint).toBe(plain.fingerprint);
    expect(strict.fingerprint).not.toBe(plain.fingerprint);
  });

  it('has another fingerprint with another tokenizer', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'beaver-dam-'));
    const fingerprint = async () => await withJudge({ model: dir }, async (judge) => await Promise.resolve(judge.fingerprint));
    try {
      await cp(model, dir, { recursive: true });
      const before = await fingerprint();
      await appendFile(join(dir, 'tokenizer.json'), '\n');
      expect(await fingerprint()).not.toBe(before);
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  it('stops on request', async () => {
    await withJudge({}, async (judge) => {
      await expect(judge.judge(items, { signal: AbortSignal.abort() })).rejects.toThrow(InterruptedError);
      expect(await judge.judge([])).toEqual([]);
    });
  });

  it('refuses settings and models that cannot work', async () => {
    const nothing = async () => await Promise.resolve();
    await expect(withJudge({ maxTokens: 321 }, nothing)).rejects.toThrow('321 tokens exceed the 320 positions');
    await expect(withJudge({ harmfulLabels: ['violence'] }, nothing)).rejects.toThrow(ConfigError);
    await expect(withJudge({ threshold: 1 }, nothing)).rejects.toThrow('threshold');
    await expect(withJudge({ model: goldenPath('sequence-classifier') }, nothing)).rejects.toThrow(ModelError);
    const dir = await mkdtemp(join(tmpdir(), 'beaver-dam-'));
    try {
      await cp(model, dir, { recursive: true });
      const config = await readFile(join(dir, 'config.json'), 'utf8');
      await writeFile(join(dir, 'config.json'), config.replace('multi_label_classification', 'single_label_classification'));
      await expect(withJudge({ model: dir }, nothing)).rejects.toThrow('no independent probabilities');
    } finally {
      await rm(dir, { recursive: true });
    }
  });
});

describe('isBeaverDam', () => {
  const config = (raw: object) =>
    parseModelConfig(
      {
        model_type: 'llama',
        vocab_size: 32001,
        hidden_size: 4096,
        intermediate_size: 11008,
        num_hidden_layers: 32,
        num_attention_heads: 32,
        ...raw,
      },
      'config.json',
    );
  const labels = Array.from({ length: 14 }, (_, i) => `LABEL_${i}`);

  it.each([
    [{ _name_or_path: 'PKU-Alignment/beaver-dam-7b' }, 'judge', true],
    [{}, 'beaver-dam-7b', true],
    [{}, 'beaver-7b-v1.0-cost', false],
    [{ _name_or_path: 'someone/moderation' }, 'judge', false],
    [{ num_hidden_layers: 16 }, 'beaver-dam-7b', false],
  ])('%j in %s: %s', (raw, name, expected) => expect(isBeaverDam({ config: config(raw), labels, name })).toBe(expected));

  it('has 14 labels', () => expect(isBeaverDam({ config: config({}), labels: labels.slice(1), name: 'beaver-dam-7b' })).toBe(false));
});
