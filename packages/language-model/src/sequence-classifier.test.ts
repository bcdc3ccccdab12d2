import { appendFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InterruptedError, ModelError } from '@pharmacist/core';
import { createEngine, type Engine, float32, floats } from '@pharmacist/tensor-kernels';
import { goldenPath } from '@pharmacist/test-fixtures';
import { F32_FORWARD } from '@pharmacist/tooling/vitest/matchers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readSafetensors, writeSafetensors } from './safetensors.ts';
import { SequenceClassifier } from './sequence-classifier.ts';

interface Cases {
  rows: { inputIds: number[]; logits: number[] }[];
}

const directory = goldenPath('sequence-classifier', 'model');
const { rows } = JSON.parse(await readFile(goldenPath('sequence-classifier', 'cases.json'), 'utf8')) as Cases;
const ids = rows.map(({ inputIds }) => Int32Array.from(inputIds));
/** A logit near 0 is a sum of large terms. */
const PRESET = { ...F32_FORWARD, atol: F32_FORWARD.rtol * Math.max(...rows.flatMap(({ logits }) => logits.map(Math.abs))) };

let engine: Engine;
let dir: string;
beforeAll(async () => {
  ({ engine } = await createEngine({ name: 'onnx', numThreads: 1 }));
});
afterAll(async () => {
  await engine.dispose();
});
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'classifier-'));
  await cp(directory, dir, { recursive: true });
});
afterEach(async () => {
  await rm(dir, { recursive: true });
});

const editConfig = async (change: object) => {
  const path = join(dir, 'config.json');
  const config = JSON.parse(await readFile(path, 'utf8')) as object;
  await writeFile(path, JSON.stringify({ ...config, ...change }));
};
const withClassifier = async <T>(use: (classifier: SequenceClassifier) => Promise<T>): Promise<T> => {
  const classifier = await SequenceClassifier.load(dir, engine);
  try {
    return await use(classifier);
  } finally {
    await classifier.dispose();
  }
};

describe('SequenceClassifier', () => {
  it.each([1, 2, 8])('has the logits of transformers in float64, %i rows at a time', async (batchSize) => {
    await withClassifier(async (classifier) => {
      expect(classifier.labels).toHaveLength(14);
      expect(classifier.labels[10]).toBe('category_10');
      expect(classifier.problemType).toBe('multi_label_classification');
      const got = await classifier.logits(ids, { batchSize });
      rows.forEach(({ logits }, i) => expect(got.subarray(14 * i, 14 * (i + 1)), `row ${i}`).toBeAllclose(logits, PRESET));
    });
  });

  it('pools at the last token that is not PAD', async () => {
    await withClassifier(async (classifier) => {
      const pad = classifier.config.padTokenId!;
      expect(pad).toBe(739);
      const got = await classifier.logits([Int32Array.from([...ids[1]!, pad, pad])]);
      expect(got).toBeAllclose(rows[1]!.logits, PRESET);
    });
  });

  it('pools at the last token where there is no PAD', async () => {
    await editConfig({ pad_token_id: null });
    await withClassifier(async (classifier) => {
      expect((await classifier.logits(ids)).subarray(0, 14)).toBeAllclose(rows[0]!.logits, PRESET);
      const longer = await classifier.logits([Int32Array.from([...ids[1]!, 739])]);
      expect(longer).not.toBeAllclose(rows[1]!.logits, { rtol: 1e-2, atol: 1e-2 });
    });
  });

  it('reads shards and a bias', async () => {
    const { tensors } = await readSafetensors(join(directory, 'model.safetensors'));
    const bias = Float32Array.from({ length: 14 }, (_, i) => i - 3);
    const parts = { 'a.safetensors': [...tensors].slice(0, 5), 'b.safetensors': [...tensors].slice(5) };
    parts['b.safetensors'].push(['score.bias', float32([14], bias)]);
    const map: Record<string, string> = {};
    for (const [file, part] of Object.entries(parts)) {
      await writeSafetensors(join(dir, file), new Map(part));
      for (const [name] of part) map[name] = file;
    }
    await rm(join(dir, 'model.safetensors'));
    await writeFile(join(dir, 'model.safetensors.index.json'), JSON.stringify({ weight_map: map }));
    await withClassifier(async (classifier) => {
      const got = await classifier.logits([ids[0]!]);
      expect(got).toBeAllclose(
        rows[0]!.logits.map((logit, i) => logit + bias[i]!),
        PRESET,
      );
    });
    await writeFile(join(dir, 'model.safetensors.index.json'), JSON.stringify({ weight_map: { a: '../a.safetensors' } }));
    await expect(SequenceClassifier.load(dir, engine)).rejects.toThrow('does not name shards in its own directory');
  });

  it('reports progress and stops on request', async () => {
    await withClassifier(async (classifier) => {
      const seen: number[] = [];
      const reporter = { progress: ({ done }: { done: number }) => seen.push(done), warn() {}, info() {} };
      await classifier.logits(ids, { batchSize: 2, reporter });
      expect(seen).toEqual([2, 4, 5]);
      expect(await classifier.logits([])).toHaveLength(0);
      await expect(classifier.logits(ids, { signal: AbortSignal.abort() })).rejects.toThrow(InterruptedError);
    });
  });

  it('refuses rows that it cannot read', async () => {
    await withClassifier(async (classifier) => {
      await expect(classifier.logits([ids[0]!, new Int32Array()])).rejects.toThrow('has no token');
      await expect(classifier.logits([new Int32Array(321)])).rejects.toThrow('321 tokens exceed its 320 positions');
      await expect(classifier.logits([Int32Array.of(740)])).rejects.toThrow('token 740 is outside its vocabulary');
    });
  });

  it.each([
    [{ architectures: ['LlamaForCausalLM'] }, 'architectures names "LlamaForCausalLM"'],
    [{ architectures: ['LlamaForScore'] }, 'no sequence classifier'],
    [{ id2label: { 0: 'a', 1: 'b' } }, 'score.weight is [14, 16], config.json says [2, 16]'],
    [{ id2label: { 0: 'a', 2: 'b' } }, 'id2label does not name'],
    [{ id2label: { 0: 'a', 1: 'a' } }, 'id2label does not name'],
    [{ id2label: null, num_labels: 3 }, 'config.json says [3, 16]'],
    [{ hidden_size: 32 }, 'model.embed_tokens.weight is [740, 16], config.json says [740, 32]'],
    [{ quantization_config: { bits: 4 } }, 'quantization_config'],
  ])('refuses config.json with %j', async (change, message) => {
    await editConfig(change);
    await expect(SequenceClassifier.load(dir, engine)).rejects.toThrow(message);
  });

  it('names what is missing, and what a damaged weight holds', async () => {
    const { tensors } = await readSafetensors(join(directory, 'model.safetensors'));
    const path = join(dir, 'model.safetensors');
    const head = floats(tensors.get('score.weight')!);
    await writeSafetensors(path, new Map([...tensors, ['score.weight', float32([14, 16], Float32Array.from(head).fill(NaN, 3, 4))]]));
    await expect(SequenceClassifier.load(dir, engine)).rejects.toThrow('weight "score.weight" is NaN at index 3');
    tensors.set('score_head.weight', tensors.get('score.weight')!);
    tensors.delete('score.weight');
    await writeSafetensors(path, tensors);
    await expect(SequenceClassifier.load(dir, engine)).rejects.toMatchObject({
      message: expect.stringContaining('score.weight is missing') as string,
      hint: expect.stringContaining('safe-rlhf') as string,
    });
    await rm(path);
    await expect(SequenceClassifier.load(dir, engine)).rejects.toThrow(ModelError);
  });

  it('is told apart by weights, configuration and tokenizer', async () => {
    const identity = async () => await withClassifier(async ({ identityHash }) => identityHash);
    const first = await identity();
    expect(await identity()).toBe(first);
    await editConfig({ problem_type: null });
    const second = await identity();
    expect(second).not.toBe(first);
    await appendFile(join(dir, 'tokenizer_config.json'), '\n');
    expect(await identity()).not.toBe(second);
  });
});
