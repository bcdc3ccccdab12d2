/** Works with one large model in a process of its own, whose peak is then that of the model; the suite large-models starts it and asks. */
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Random } from '@pharmacist/core';
import {
  type Batch,
  generate,
  LanguageModel,
  type LoraAdapter,
  tokenMeanWeights,
  writeCheckpoint,
  readCheckpoint,
} from '@pharmacist/language-model';
import { createEngine, type Engine, globalNorm } from '@pharmacist/tensor-kernels';
import { bundledPath } from '@pharmacist/test-fixtures';
import { batchOf, llamaConfig, randomRows, randomWeights, trainedLookingAdapter } from './random-model.ts';
import type { SHAPE_15M } from './shapes.ts';
import { type StepReport, writePeerFile } from './torch-peer.ts';

export interface StepSize {
  readonly batchSize: number;
  readonly length: number;
}

/** What is asked, one at a time, and what is answered. */
export type LargeModelQuestion =
  | {
      readonly ask: 'write';
      readonly shape: typeof SHAPE_15M;
      readonly dir: string;
      readonly peers: readonly { path: string; size: StepSize }[];
    }
  | { readonly ask: 'open'; readonly dir: string; readonly shape: typeof SHAPE_15M; readonly size: StepSize }
  | { readonly ask: 'loss' }
  | { readonly ask: 'step' }
  | { readonly ask: 'generate'; readonly batchSize: number; readonly promptLength: number; readonly newTokens: number };

export interface GenerationReport extends StepReport {
  readonly text: readonly (readonly number[])[];
}

const LORA = { rank: 8, alpha: 16 };

let engine: Engine | undefined;
let model: LanguageModel | undefined;
let adapter: LoraAdapter;
let batch: Batch;

process.on('message', (question: LargeModelQuestion) => {
  answer(question).then(
    (given) => process.send!({ answer: given }),
    (error: unknown) => process.send!({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});

async function answer(question: LargeModelQuestion): Promise<unknown> {
  switch (question.ask) {
    case 'write': {
      const config = llamaConfig(question.shape);
      await writeCheckpoint(question.dir, config, randomWeights(config, 'bench'), { dtype: 'BF16' });
      for (const file of ['tokenizer.json', 'tokenizer_config.json']) {
        await copyFile(bundledPath('models', 'tiny', file), join(question.dir, file));
      }
      if (question.peers.length === 0) return undefined;
      // As they are stored: rounded.
      const { weights } = await readCheckpoint(question.dir, config);
      for (const { path, size } of question.peers) {
        const rows = batchOf(randomRows(config, size.batchSize, size.length));
        await writePeerFile(path, { config, weights, adapter: trainedLookingAdapter(config, LORA), batch: rows });
      }
      return undefined;
    }
    case 'open': {
      const config = llamaConfig(question.shape);
      adapter = trainedLookingAdapter(config, LORA);
      batch = batchOf(randomRows(config, question.size.batchSize, question.size.length));
      ({ engine } = await createEngine({ name: 'onnx' }));
      model = await LanguageModel.load(question.dir, engine);
      return { ...engine.versions };
    }
    case 'loss': {
      const { loss, gradients } = await model!.gradient(batch, adapter, tokenMeanWeights(batch));
      return { loss, gradientNorm: globalNorm(gradients) };
    }
    case 'step':
      return await measured(async () => await model!.gradient(batch, adapter, tokenMeanWeights(batch)));
    case 'generate': {
      const random = new Random('prompts');
      const prompts = Array.from({ length: question.batchSize }, () =>
        Int32Array.from({ length: question.promptLength }, () => random.integer(model!.config.vocabSize)),
      );
      const text: number[][] = [];
      const report = await measured(async () => {
        const given = await generate(model!, prompts, { maxNewTokens: question.newTokens, batchSize: question.batchSize, stopIds: [] });
        text.push(...given.map(({ ids }) => [...ids]));
      });
      return { ...report, text } satisfies GenerationReport;
    }
  }
}

async function measured(work: () => Promise<unknown>): Promise<StepReport> {
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  await work();
  const ms = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  // Linux and macOS report it through libuv in KiB.
  return { ms, cpuMs: (user + system) / 1000, rssBytes: process.resourceUsage().maxRSS * 1024 };
}
