import { basename } from 'node:path';
import { sha256 } from '@pharmacist/core';
import {
  type Engine,
  type EngineFunction,
  type EngineInput,
  floats,
  type HalfTensor,
  type HostTensor,
  isHalf,
  type Program,
  type ResidentTensor,
  sizeOf,
  widened,
} from '@pharmacist/tensor-kernels';
import type { LoraAdapter } from './adapter.ts';
import { type CheckpointFacts, type TakeWeight, visitCheckpoint } from './checkpoint.ts';
import type { Batch } from './collate.ts';
import { type ModelConfig, readModelConfig } from './config.ts';
import { mostTokens, rotaryTables } from './decoder/rotary-tables.ts';
import { adapterTensors, beneathNames, cloneAdapter, mergedHash, mergedWeight, stackedFactors } from './lora.ts';
import { batchInputs, gradientProgram, lossProgram } from './loss.ts';
import { Tokenizer } from './tokenizer.ts';
import { checkLength, checkNewTokens } from './check-length.ts';
import { AdapterProgram } from './train/adapter-program.ts';
import type { StepGradients } from './train/updater.ts';

/** Loss of one batch and its gradient by the trained tensors. */
export interface LossAndGradient extends StepGradients {
  readonly loss: number;
  /** f32 [B], sums over each row's targets. */
  readonly rowLosses: Float32Array;
}

/** Projections of a model of 65 million parameters: beyond, a merged adapter would cost more memory than its factors cost time. */
const MOST_MERGED_BYTES = 256e6;

const OWN_HEAD =
  'config.json says tie_word_embeddings, but lm_head.weight is stored and differs from the embedding: it is used, as in transformers 5';

function padWarning({ padTokenId, vocabSize }: ModelConfig): string {
  return `config.json names ${padTokenId} as pad_token_id, beyond the ${vocabSize} rows of the embedding: padding is done without it`;
}

/** A frozen model of one of the families whose weights live with an engine, and its tokenizer. */
export class LanguageModel {
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer;
  readonly engine: Engine;
  /** Name for people and for adapter files: the directory's last part. */
  readonly name: string;
  /** SHA-256 over configuration and weights (and the adapters merged into them): what an adapter belongs to. */
  readonly contentHash: string;
  /** Most tokens of one sequence. */
  readonly maxLength: number;
  /** Where the files of the directory contradict each other, and what is done about it: a sentence each, for whoever opened it. */
  readonly warnings: readonly string[];
  /** What it was made of, if an adapter was merged into another model. */
  readonly mergedFrom: { readonly model: LanguageModel; readonly adapter: LoraAdapter } | undefined;
  readonly #weights: Record<string, ResidentTensor>;
  /** Programs read the weights as inputs, so that models of one configuration share them. */
  readonly #functions: Map<string, EngineFunction>;
  readonly #adapterPrograms: Map<string, AdapterProgram>;

  private constructor(
    fields: Pick<LanguageModel, 'config' | 'tokenizer' | 'engine' | 'name' | 'contentHash' | 'maxLength' | 'warnings' | 'mergedFrom'>,
    weights: Record<string, ResidentTensor>,
    functions: Map<string, EngineFunction>,
    adapterPrograms: Map<string, AdapterProgram>,
  ) {
    this.config = fields.config;
    this.tokenizer = fields.tokenizer;
    this.engine = fields.engine;
    this.name = fields.name;
    this.contentHash = fields.contentHash;
    this.maxLength = fields.maxLength;
    this.warnings = fields.warnings;
    this.mergedFrom = fields.mergedFrom;
    this.#weights = weights;
    this.#functions = functions;
    this.#adapterPrograms = adapterPrograms;
  }

  /**
   * Reads a Hugging Face model directory and moves its weights to the engine, each as soon as it is read: no second copy of one is kept.
   * Matrices of sixteen bits stay so where the engine can widen them as they are used, which changes no number.
   * @throws {ModelError} if the form is unsupported or a file is damaged.
   */
  static async load(dir: string, engine: Engine): Promise<LanguageModel> {
    const asked = await readModelConfig(dir);
    const tokenizer = await Tokenizer.load(dir, { embeddingRows: asked.vocabSize });
    return await LanguageModel.fromVisit({ tokenizer, engine, name: basename(dir) }, async (take) => {
      const { config, contentHash } = await visitCheckpoint(dir, asked, take);
      const warnings = [
        ...tokenizer.warnings,
        ...((config.padTokenId ?? 0) >= config.vocabSize ? [padWarning(config)] : []),
        ...(asked.tieWordEmbeddings && !config.tieWordEmbeddings ? [OWN_HEAD] : []),
      ];
      return { config, contentHash, warnings };
    });
  }

  /** The same from weights in memory, which are given up: their buffers move to the engine. */
  static async fromWeights(
    fields: Pick<LanguageModel, 'config' | 'tokenizer' | 'engine' | 'name' | 'contentHash'> & Partial<Pick<LanguageModel, 'warnings'>>,
    weights: Map<string, HostTensor | HalfTensor>,
  ): Promise<LanguageModel> {
    const { tokenizer, engine, name } = fields;
    return await LanguageModel.fromVisit({ tokenizer, engine, name }, async (take) => {
      for (const [key, tensor] of weights) {
        weights.delete(key);
        await take(key, tensor);
      }
      return fields;
    });
  }

  /**
   * The same from weights that come one by one.
   * @param visit hands each to the function that it gets, as that function's own, and says in the end what they belong to. What was taken is
   * released again if it throws.
   */
  static async fromVisit(
    fields: Pick<LanguageModel, 'tokenizer' | 'engine' | 'name'>,
    visit: (take: TakeWeight) => Promise<CheckpointFacts & Partial<Pick<LanguageModel, 'warnings'>>>,
  ): Promise<LanguageModel> {
    const { engine } = fields;
    const resident: Record<string, ResidentTensor> = {};
    try {
      const {
        config,
        contentHash,
        warnings = [],
      } = await visit(async (name, tensor) => {
        // Norms and biases are small, and are added and multiplied as f32.
        const kept = isHalf(tensor) && tensor.shape.length < 2 ? widened(tensor) : tensor;
        resident[name] = await engine.upload(kept, { move: true, isFrozen: true });
      });
      const maxLength = mostTokens(config);
      for (const [name, table] of Object.entries(rotaryTables(config, maxLength))) {
        resident[name] = await engine.upload(table, { move: true });
      }
      return new LanguageModel(
        { ...fields, config, contentHash, maxLength, warnings, mergedFrom: undefined },
        resident,
        new Map(),
        new Map(),
      );
    } catch (error) {
      for (const tensor of Object.values(resident)) await tensor.dispose();
      throw error;
    }
  }

  /**
   * A model with an adapter beneath all that is trained from now on; compiled programs are shared. It is added to the weights, of which both exist
   * while both models live, the sums in 32 bits. Where that would be much, the factors stay as they are, and their product joins each projection.
   * @param mostBytes of sums.
   */
  async merged(adapter: LoraAdapter, { mostBytes = MOST_MERGED_BYTES }: { mostBytes?: number } = {}): Promise<MergedModel> {
    const changed: Record<string, ResidentTensor> = {};
    const upload = async (name: string, tensor: HostTensor) => {
      changed[name] = await this.engine.upload(tensor, { move: true, isFrozen: true });
    };
    const weightOf = (module: string) => this.#weights[`${module}.weight`]!;
    const isAdded = [...adapter.factors.keys()].reduce((sum, module) => sum + 4 * sizeOf(weightOf(module).shape), 0) <= mostBytes;
    for (const [module, factors] of adapter.factors) {
      if (isAdded) {
        const weight = await this.engine.download(weightOf(module));
        await upload(`${module}.weight`, mergedWeight(weight, factors, adapter.scale));
        continue;
      }
      const names = beneathNames(module);
      const [a, b] = [this.#weights[names.a], this.#weights[names.b]];
      const before = a && b && { a: await this.engine.download(a), b: await this.engine.download(b) };
      const stacked = stackedFactors(before, factors, adapter.scale);
      await upload(names.a, stacked.a);
      await upload(names.b, stacked.b);
    }
    const { config, tokenizer, engine, name, maxLength, warnings } = this;
    const contentHash = mergedHash(this.contentHash, adapter);
    const mergedFrom = { model: this, adapter: cloneAdapter(adapter) };
    const fields = { config, tokenizer, engine, name, maxLength, contentHash, warnings, mergedFrom };
    const model = new LanguageModel(fields, { ...this.#weights, ...changed }, this.#functions, this.#adapterPrograms);
    return {
      model,
      dispose: async () => {
        for (const tensor of Object.values(changed)) await tensor.dispose();
      },
    };
  }

  /** SHA-256 over `contentHash` and the tokenizer's files: all that results from texts depend on, for run records and caches. */
  get identityHash(): string {
    return sha256(`${this.contentHash} + tokenizer ${this.tokenizer.contentHash}`);
  }

  /** The weights, adapters beneath them and the rotary tables as inputs of a program. */
  get inputs(): Readonly<Record<string, EngineInput>> {
    return this.#weights;
  }

  /** A compiled program of this model, made once for each key. */
  function(key: string, make: () => EngineFunction): EngineFunction {
    let compiled = this.#functions.get(key);
    if (compiled === undefined) {
      compiled = make();
      this.#functions.set(key, compiled);
    }
    return compiled;
  }

  /** The same for a program that reads an adapter's factors, wherever they are while it is trained. */
  adapterProgram(key: string, name: string, make: () => Program, options?: { hasGradients: boolean }): AdapterProgram {
    let compiled = this.#adapterPrograms.get(key);
    if (compiled === undefined) {
      compiled = new AdapterProgram(this.engine, name, make(), options);
      this.#adapterPrograms.set(key, compiled);
    }
    return compiled;
  }

  /** Summed losses of each row, f32 [B], nats. */
  async rowLosses(batch: Batch, adapter?: LoraAdapter): Promise<Float32Array> {
    const scale = adapter?.scale ?? 0;
    const program = this.function(`loss ${scale}`, () => this.engine.compile('loss', lossProgram(this.config, scale)));
    const weights = new Float32Array(batch.batchSize);
    const outputs = await program.run({ ...this.inputs, ...(adapter && adapterTensors(adapter)), ...batchInputs(batch, weights) });
    return floats(outputs['rowLosses']!);
  }

  /**
   * Gradient of sum(rowWeights * rowLosses) by the adapter's factors.
   * @param rowWeights f32 [B]; see tokenMeanWeights and rowMeanWeights.
   */
  async gradient(batch: Batch, adapter: LoraAdapter, rowWeights: Float32Array): Promise<LossAndGradient> {
    const names = Object.keys(adapterTensors(adapter));
    const program = this.adapterProgram(`gradient ${adapter.scale} ${names.join()}`, 'gradient', () =>
      gradientProgram(this.config, adapter.scale, names),
    );
    const { outputs, ...gradients } = await program.run(adapter, { ...this.inputs, ...batchInputs(batch, rowWeights) });
    return { loss: floats(outputs['loss']!)[0]!, rowLosses: floats(outputs['rowLosses']!), ...gradients };
  }

  /** @throws {ConfigError} if the model cannot hold sequences of this length. */
  checkLength(maxLength: number, where: string): void {
    checkLength(maxLength, { model: this.name, mostTokens: this.maxLength, where });
  }

  /** @throws {ConfigError} if the model cannot write this many tokens after any prompt. */
  checkNewTokens(maxNewTokens: number, where: string): void {
    checkNewTokens(maxNewTokens, { model: this.name, mostTokens: this.maxLength, where });
  }

  async dispose(): Promise<void> {
    for (const tensor of Object.values(this.#weights)) await tensor.dispose();
    this.#functions.clear();
    this.#adapterPrograms.clear();
  }
}

export interface MergedModel {
  readonly model: LanguageModel;
  /** Releases the changed weights only; the original model goes on. */
  dispose(): Promise<void>;
}
