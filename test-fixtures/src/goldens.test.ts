import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, statSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import {
  fixturePath,
  goldenPath,
  modelForms,
  modelPath,
  readOptimiserGolden,
  readTokenizerCases,
  scheduleNames,
  tokenizerKinds,
} from './index.ts';

interface Sidecar {
  script: string;
  sha256: Record<string, string>;
}

function sidecars(): string[] {
  const languageModel = modelForms.map((form) => goldenPath('language-model', `${form}.json`));
  const ops = readdirSync(goldenPath('tensor-kernels'))
    .filter((name) => name.endsWith('.json'))
    .map((name) => goldenPath('tensor-kernels', name));
  const defenses = readdirSync(goldenPath('defenses'))
    .filter((name) => name.endsWith('.json'))
    .map((name) => goldenPath('defenses', name));
  const optimisers = scheduleNames.map((name) => goldenPath('tensor-kernels', 'optim', `adamw-${name}.provenance.json`));
  const tokenizers = tokenizerKinds.map((kind) => goldenPath('tokenizers', kind, 'cases.provenance.json'));
  const classifier = goldenPath('sequence-classifier', 'cases.provenance.json');
  const typedValues = goldenPath('data-io', 'typed-values', 'typed-values.provenance.json');
  const tables = ['adapters', 'metrics', 'selector', 'chat-templates', 'tokenizer-parts', 'gguf'].flatMap((folder) =>
    readdirSync(goldenPath(folder))
      .filter((name) => name.endsWith('.provenance.json'))
      .map((name) => goldenPath(folder, name)),
  );
  return [...languageModel, classifier, typedValues, ...tables, ...defenses, ...ops, ...optimisers, ...tokenizers];
}

describe('goldens', () => {
  it.each(sidecars())('%s matches the files it describes', (file) => {
    const { script, sha256 } = JSON.parse(readFileSync(file, 'utf8')) as Sidecar;
    expect(script).toMatch(/^tooling\/goldens\/\w+\.py$/);
    expect(Object.keys(sha256).length).toBeGreaterThan(0);
    for (const [name, digest] of Object.entries(sha256)) {
      expect(
        createHash('sha256')
          .update(readFileSync(fixturePath(name)))
          .digest('hex'),
        name,
      ).toBe(digest);
    }
  });

  it('have a sidecar for every op', () => {
    const names = readdirSync(goldenPath('tensor-kernels'));
    const stems = (suffix: string) => names.filter((name) => name.endsWith(suffix)).map((name) => name.slice(0, -suffix.length));
    expect(stems('.json')).toEqual(stems('.safetensors'));
    expect(stems('.safetensors')).toContain('rms-norm');
  });
});

describe('model forms', () => {
  it('list every folder of models', () => {
    const folders = readdirSync(modelPath()).filter((name) => statSync(modelPath(name)).isDirectory());
    expect([...modelForms].sort()).toEqual(folders.sort());
  });
});

describe('readTokenizerCases', () => {
  it.each(tokenizerKinds)('%s: the empty string has no ids', (kind) => {
    const empty = readTokenizerCases(kind).find((each) => each.text === '');
    expect(empty?.ids).toEqual([]);
  });
});

describe('readOptimiserGolden', () => {
  it.each(scheduleNames)('%s: the first step with a rate moves every parameter', (name) => {
    const { initial, shapes, steps } = readOptimiserGolden(name);
    const moving = steps.find((step) => step.learningRate > 0);
    for (const [key, values] of Object.entries(initial)) {
      expect(values).toHaveLength(shapes[key]!.reduce((product, size) => product * size, 1));
      expect(moving?.parameters[key]).not.toEqual(values);
    }
  });
});
