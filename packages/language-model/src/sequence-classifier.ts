/**
 * Sequence classifiers as transformers saves them (`LlamaForSequenceClassification` and its siblings of the other families): the
 * decoder of a language model with a linear head instead of the output embedding.
 *   logits[b] = W norm(h[b, t_b]) (+ bias),   t_b = last position of row b whose token is not PAD,   W = score.weight [numLabels, D]
 * PKU's beaver-dam-7b is one (BeaverTails' moderation code opens it as `AutoModelForSequenceClassification`): 14 labels, no bias.
 * Score models of safe-rlhf (`score_head.weight`, normalised rewards) are another thing and are refused.
 */
import { basename, join } from 'node:path';
import { ModelError, pathExists, type Reporter, silentReporter, throwIfAborted } from '@pharmacist/core';
import { type Engine, floats, int32, type Program } from '@pharmacist/tensor-kernels';
import * as tf from '@tensorflow/tfjs-core';
import { visitWeights } from './checkpoint.ts';
import { bucketFor, lengthBucketsFor, planBatches } from './collate.ts';
import { type ModelConfig, parseModelConfig } from './config.ts';
import { isJsonObject, type JsonObject, readJsonObject } from './json-file.ts';
import { LanguageModel } from './language-model.ts';
import { problemLines, shown } from './problem-list.ts';
import { attendWithin, plainPositions } from './decoder/attend.ts';
import { hiddenStates } from './decoder/forward.ts';
import { finalNorm } from './decoder/norm.ts';
import { expectedShapes } from './decoder/weight-shapes.ts';
import { familyTitles, MODEL_FAMILIES } from './families/registry.ts';
import { bindTensors } from './loss.ts';
import type { SafetensorsFile } from './safetensors.ts';
import { Tokenizer } from './tokenizer.ts';

const HEAD = 'score.weight';
const HEAD_BIAS = 'score.bias';

export interface ClassifyOptions {
  /** Rows that run side by side, 8 by default; memory grows with it. */
  readonly batchSize?: number;
  readonly phase?: string;
  readonly reporter?: Reporter | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A frozen classifier whose weights live with an engine, and its tokenizer. */
export class SequenceClassifier {
  /** Names of the logits, from `id2label`, else LABEL_0, LABEL_1, ... */
  readonly labels: readonly string[];
  /** `problem_type`: what the logits mean; null where config.json does not say. */
  readonly problemType: string | null;
  readonly tokenizer: Tokenizer;
  readonly config: ModelConfig;
  /** The directory's last part. */
  readonly name: string;
  /** SHA-256 over configuration, weights and the tokenizer's files. */
  readonly identityHash: string;
  /** Most tokens of one row. */
  readonly maxLength: number;
  readonly #decoder: LanguageModel;

  private constructor(decoder: LanguageModel, labels: readonly string[]) {
    const problemType = decoder.config.raw['problem_type'];
    this.labels = labels;
    this.problemType = typeof problemType === 'string' ? problemType : null;
    this.tokenizer = decoder.tokenizer;
    this.config = decoder.config;
    this.name = decoder.name;
    this.identityHash = decoder.identityHash;
    this.maxLength = decoder.maxLength;
    this.#decoder = decoder;
  }

  /**
   * Reads a Hugging Face directory with safetensors weights (one file or shards) and moves them to the engine.
   * @throws {ModelError} if the model is no sequence classifier of a known family, or a file is missing or damaged.
   */
  static async load(dir: string, engine: Engine): Promise<SequenceClassifier> {
    const config = await readClassifierConfig(dir);
    const labels = labelsOf(config.raw, join(dir, 'config.json'));
    const tokenizer = await Tokenizer.load(dir, { embeddingRows: config.vocabSize });
    const decoder = await LanguageModel.fromVisit({ tokenizer, engine, name: basename(dir) }, async (take) => {
      const contentHash = await visitWeights(dir, (files) => chooseWeights(dir, config, labels.length, files), take);
      return { config, contentHash };
    });
    return new SequenceClassifier(decoder, labels);
  }

  /**
   * Logits of each row.
   * @param rows token ids i32 [L] each, 1 <= L <= maxLength, without padding.   @returns f32 [N, labels.length], row-major, in the order of `rows`.
   * @throws {ModelError} naming the first row that is empty, too long or outside the vocabulary; {InterruptedError} between two batches.
   */
  async logits(rows: readonly Int32Array[], options: ClassifyOptions = {}): Promise<Float32Array> {
    const { batchSize = 8, phase = 'Classifying', reporter = silentReporter, signal } = options;
    rows.forEach((row, index) => this.#checkRow(row, index));
    const logits = new Float32Array(rows.length * this.labels.length);
    const buckets = lengthBucketsFor(this.maxLength);
    const size = Math.min(batchSize, Math.max(1, rows.length));
    let done = 0;
    const lengths = rows.map(({ length }) => length);
    for (const indices of planBatches(lengths, { batchSize: size, seed: 0, epoch: 0, groupByLength: true })) {
      throwIfAborted(signal);
      const length = bucketFor(lengths[indices[0]!]!, buckets);
      const batch = await this.#runBatch(
        indices.map((index) => rows[index]!),
        size,
        length,
      );
      indices.forEach((index, b) => {
        logits.set(batch.subarray(b * this.labels.length, (b + 1) * this.labels.length), index * this.labels.length);
      });
      done += indices.length;
      reporter.progress({ phase, done, total: rows.length, unit: 'rows' });
    }
    return logits;
  }

  async dispose(): Promise<void> {
    await this.#decoder.dispose();
  }

  /** A short batch is filled up with rows of padding, so that few shapes are compiled. */
  async #runBatch(rows: readonly Int32Array[], batchSize: number, length: number): Promise<Float32Array> {
    const { engine, inputs, config, tokenizer } = this.#decoder;
    const inputIds = new Int32Array(batchSize * length).fill(tokenizer.padId); // After the last token, so that none attends to it.
    const lastPositions = new Int32Array(batchSize);
    rows.forEach((row, b) => {
      inputIds.set(row, b * length);
      lastPositions[b] = b * length + lastToken(row, config.padTokenId);
    });
    const program = this.#decoder.function('classify', () => engine.compile('classify', classifyProgram(config)));
    const outputs = await program.run({
      ...inputs,
      inputIds: int32([batchSize, length], inputIds),
      lastPositions: int32([batchSize], lastPositions),
    });
    return floats(outputs['logits']!);
  }

  #checkRow(row: Int32Array, index: number): void {
    const fail = (what: string, hint: string): never => {
      throw new ModelError(what, { where: `row ${index} for the classifier ${this.name}`, hint });
    };
    if (row.length === 0) fail('has no token', 'give it at least one');
    if (row.length > this.maxLength) fail(`${row.length} tokens exceed its ${this.maxLength} positions`, 'cut the row');
    const unknown = row.find((id) => id < 0 || id >= this.config.vocabSize);
    if (unknown !== undefined) fail(`token ${unknown} is outside its vocabulary`, "encode with the classifier's own tokenizer");
  }
}

/** Inputs beside the weights: `inputIds` i32 [B, T], `lastPositions` i32 [B] into B * T. Output `logits` f32 [B, numLabels]. */
function classifyProgram(config: ModelConfig): Program {
  return (inputs) => {
    const tensors = bindTensors(config, inputs, 0);
    const [batchSize, length] = inputs['inputIds']!.shape as [number, number];
    const hidden = hiddenStates(tensors, inputs['inputIds']!, plainPositions(batchSize, length), attendWithin(config, length));
    const pooled = finalNorm(tensors, tf.gather(hidden, inputs['lastPositions'] as tf.Tensor1D)); // [B, D]
    const logits = tf.matMul(pooled, inputs[HEAD]!, false, true);
    const bias = inputs[HEAD_BIAS];
    return { logits: bias === undefined ? logits : tf.add(logits, bias) };
  };
}

/** As transformers pools: the rightmost token that is not PAD, even where the text itself ends with PAD; the first if all are. */
function lastToken(row: Int32Array, padTokenId: number | null): number {
  return padTokenId === null
    ? row.length - 1
    : Math.max(
        0,
        row.findLastIndex((id) => id !== padTokenId),
      );
}

async function readClassifierConfig(dir: string): Promise<ModelConfig> {
  const path = join(dir, 'config.json');
  if (!(await pathExists(path))) {
    throw new ModelError('has no config.json', { where: dir, hint: 'name the directory of a Hugging Face sequence classifier' });
  }
  const raw = await readJsonObject(path);
  const architectures = Array.isArray(raw['architectures']) ? raw['architectures'] : [];
  const classes = new Set([...MODEL_FAMILIES].map(({ className }) => `${className}ForSequenceClassification`));
  const other = architectures.find((name) => !classes.has(String(name)));
  if (other !== undefined) {
    throw new ModelError(`architectures names ${shown(other)}, which is no sequence classifier of the families ${familyTitles()}`, {
      where: path,
      hint: 'save the model with AutoModelForSequenceClassification of transformers',
    });
  }
  // There is no output embedding: tied embeddings are the form of a decoder without one.
  const config = parseModelConfig({ ...raw, architectures: null }, path);
  return { ...config, tieWordEmbeddings: true, raw };
}

function labelsOf(raw: Readonly<JsonObject>, where: string): string[] {
  const names = raw['id2label'];
  const numbered = (count: number) => Array.from({ length: count }, (_, i) => `LABEL_${i}`);
  if (!isJsonObject(names)) return numbered(Number.isInteger(raw['num_labels']) ? Number(raw['num_labels']) : 2);
  const labels = numbered(Object.keys(names).length).map((_, i) => names[String(i)]);
  if (labels.length === 0 || !labels.every((label) => typeof label === 'string') || new Set(labels).size < labels.length) {
    throw new ModelError('id2label does not name the labels 0, 1, ... with different texts', {
      where,
      hint: 'give every output of score.weight its name',
    });
  }
  return labels;
}

/** The decoder's weights and the head's, from the files that hold them. */
function chooseWeights(
  dir: string,
  config: ModelConfig,
  numLabels: number,
  files: readonly SafetensorsFile[],
): ReadonlyMap<string, SafetensorsFile> {
  const sources = new Map(files.flatMap((file) => [...file.tensors.keys()].map((name) => [name, file] as const)));
  const shapes = new Map([...expectedShapes(config), [HEAD, [numLabels, config.hiddenSize]]]);
  if (sources.has(HEAD_BIAS)) shapes.set(HEAD_BIAS, [numLabels]);
  const problems = [...shapes].flatMap(([name, shape]) => {
    const found = sources.get(name)?.tensors.get(name)?.shape;
    if (found === undefined) return [`${name} is missing`];
    return found.join() === shape.join() ? [] : [`${name} is [${found.join(', ')}], config.json says [${shape.join(', ')}]`];
  });
  if (problems.length > 0) {
    const hint = sources.has('score_head.weight')
      ? 'this is a score model of safe-rlhf; name a sequence classifier'
      : 'save the model with AutoModelForSequenceClassification of transformers';
    throw new ModelError(`weights are not those of a sequence classifier:${problemLines(problems)}`, { where: dir, hint });
  }
  return new Map([...shapes.keys()].map((name) => [name, sources.get(name)!]));
}
