import { createWriteStream } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, Random, sha256OfFile, silentReporter, writeJsonAtomic } from '@pharmacist/core';
import {
  batchInputs,
  type Batch,
  expectedShapes,
  fileCheckpoint,
  gradientProgram,
  gradientsOf,
  type ModelConfig,
  lossProgram,
  parseModelConfig,
  readCheckpoint,
  rotaryTables,
  train,
  writeCheckpoint,
} from '@pharmacist/language-model';
import { createEngine, type Engine, float32, floats, type HostTensor, type ResidentTensor } from '@pharmacist/tensor-kernels';

/** The bundled model: 2.85 M parameters, the size that selector-recipe trials showed to be enough to be aligned and attacked. */
const ARCHITECTURE = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  vocab_size: 4096,
  hidden_size: 192,
  intermediate_size: 640,
  num_hidden_layers: 4,
  num_attention_heads: 6,
  num_key_value_heads: 6,
  hidden_act: 'silu',
  max_position_embeddings: 512,
  rms_norm_eps: 1e-5,
  rope_theta: 10000,
  tie_word_embeddings: true,
  attention_bias: false,
  mlp_bias: false,
  initializer_range: 0.02,
  pad_token_id: 0,
  bos_token_id: 1,
  eos_token_id: 2,
  torch_dtype: 'bfloat16',
};

export interface PretrainOptions {
  /** Folder with train.u16 and heldout.u16. */
  tokens: string;
  /** Model folder that receives config.json and model.safetensors. */
  out: string;
  numSteps: number;
  batchSize: number;
  sequenceLength: number;
  learningRate: number;
  seed: number;
  /** Where the log of steps goes; also holds the checkpoint to continue from. */
  logDir: string;
}

/** Pre-trains the tiny model on packed text with this project's own engine and loop; continues a killed run. */
export async function pretrain(options: PretrainOptions): Promise<Record<string, unknown>> {
  const { numSteps, batchSize, sequenceLength, learningRate, seed } = options;
  const config = parseModelConfig(ARCHITECTURE, 'the tiny model');
  await mkdir(options.logDir, { recursive: true });
  const trainTokens = await readTokens(join(options.tokens, 'train.u16'), sequenceLength);
  const heldOutTokens = await readTokens(join(options.tokens, 'heldout.u16'), sequenceLength);
  const weights = initialWeights(config, seed);
  const parameters = new Map([...weights].map(([name, tensor]) => [name, floats(tensor)]));
  const { engine } = await createEngine({ name: 'onnx' });
  const log = createWriteStream(join(options.logDir, 'steps.jsonl'), { flags: 'a' });
  try {
    const tables: Record<string, ResidentTensor> = {};
    for (const [name, table] of Object.entries(rotaryTables(config, sequenceLength))) tables[name] = await engine.upload(table);
    const program = engine.compile('pretrain', gradientProgram(config, 0, [...weights.keys()]));
    const started = Date.now();
    await train({
      parameters,
      numSteps,
      learningRate,
      schedule: 'cosine',
      warmupRatio: 0.03,
      optimizer: { beta2: 0.95, weightDecay: 0.05 },
      checkpoint: fileCheckpoint(join(options.logDir, 'checkpoint.state'), {
        everySteps: 100,
        fingerprint: JSON.stringify([numSteps, batchSize, sequenceLength, learningRate, seed]),
        reporter: silentReporter,
      }),
      gradient: async (step) => {
        const batch = windows(trainTokens, batchSize, sequenceLength, new Random(seed).split('window', step));
        const rowWeights = new Float32Array(batchSize).fill(1 / batch.numTargets);
        const outputs = await program.run({ ...tables, ...Object.fromEntries(weights), ...batchInputs(batch, rowWeights) });
        return { loss: floats(outputs['loss']!)[0]!, gradients: gradientsOf(outputs) };
      },
      onStep: (record) => {
        if (record.step % 20 === 0) log.write(`${JSON.stringify({ ...record, seconds: Math.round((Date.now() - started) / 1000) })}\n`);
      },
    });
    await writeCheckpoint(options.out, config, weights, { dtype: 'BF16' });
    // Measured on the file that is bundled: bf16 weights, read back.
    const rounded = await readCheckpoint(options.out, config);
    const heldOutLoss = await evaluate(
      engine,
      config,
      { ...tables, ...Object.fromEntries(rounded.weights) },
      heldOutTokens,
      batchSize,
      sequenceLength,
    );
    const summary = {
      numParameters: [...parameters.values()].reduce((sum, array) => sum + array.length, 0),
      numSteps,
      batchSize,
      sequenceLength,
      learningRate,
      seed,
      numTrainTokens: trainTokens.length,
      heldOutLoss: Number(heldOutLoss.toFixed(4)),
      heldOutPerplexity: Number(Math.exp(heldOutLoss).toFixed(2)),
      engine: engine.description,
      versions: engine.versions,
      trainTokensSha256: await sha256OfFile(join(options.tokens, 'train.u16')),
      modelSha256: await sha256OfFile(join(options.out, 'model.safetensors')),
    };
    await writeJsonAtomic(join(options.out, 'pretraining.json'), summary);
    return summary;
  } finally {
    log.end();
    await engine.dispose();
  }
}

/** Normal weights of deviation 0.02, those that write to the residual stream smaller by sqrt(2 layers) (GPT-2's initialisation); norms 1. */
function initialWeights(config: ModelConfig, seed: number): Map<string, HostTensor> {
  const weights = new Map<string, HostTensor>();
  for (const [name, shape] of expectedShapes(config)) {
    const random = new Random(seed).split('weight', name);
    const tensor = float32(shape);
    const isResidual = name.endsWith('o_proj.weight') || name.endsWith('down_proj.weight');
    const deviation = 0.02 / (isResidual ? Math.sqrt(2 * config.numLayers) : 1);
    for (let i = 0; i < tensor.data.length; i++) tensor.data[i] = name.endsWith('norm.weight') ? 1 : deviation * random.normal();
    weights.set(name, tensor);
  }
  return weights;
}

async function readTokens(path: string, sequenceLength: number): Promise<Uint16Array> {
  const bytes = await readFile(path);
  const tokens = new Uint16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  if (tokens.length <= sequenceLength)
    throw new ConfigError(`holds ${tokens.length} tokens, fewer than one sequence of ${sequenceLength}`, { where: path });
  return tokens;
}

/** Random windows of the packed text; every token but the first of a window is a target. */
function windows(tokens: Uint16Array, batchSize: number, length: number, random: Random): Batch {
  return windowBatch(
    tokens,
    Array.from({ length: batchSize }, () => random.integer(tokens.length - length)),
    length,
  );
}

function windowBatch(tokens: Uint16Array, starts: readonly number[], length: number): Batch {
  const batchSize = starts.length;
  const numTargets = batchSize * length;
  const index = Int32Array.from({ length: numTargets }, (_, i) => i);
  return {
    batchSize,
    sequenceLength: length,
    inputIds: index.map((i) => tokens[starts[Math.floor(i / length)]! + (i % length)]!),
    targetPositions: index,
    targetIds: index.map((i) => tokens[starts[Math.floor(i / length)]! + (i % length) + 1]!),
    targetWeights: new Float32Array(numTargets).fill(1),
    targetRows: index.map((i) => Math.floor(i / length)),
    rowTargetCounts: new Float32Array(batchSize).fill(length),
    numRows: batchSize,
    numTargets,
  };
}

/** Mean loss over all whole windows of the held-out text, nats a token. */
async function evaluate(
  engine: Engine,
  config: ModelConfig,
  inputs: Record<string, HostTensor | Awaited<ReturnType<Engine['upload']>>>,
  tokens: Uint16Array,
  batchSize: number,
  length: number,
): Promise<number> {
  const program = engine.compile('held-out loss', lossProgram(config, 0));
  const starts = Array.from({ length: Math.floor((tokens.length - 1) / length) }, (_, i) => i * length);
  let sum = 0;
  let numTargets = 0;
  for (let i = 0; i + batchSize <= starts.length; i += batchSize) {
    const batch = windowBatch(tokens, starts.slice(i, i + batchSize), length);
    const outputs = await program.run({ ...inputs, ...batchInputs(batch, new Float32Array(batchSize)) });
    sum += floats(outputs['rowLosses']!).reduce((total, loss) => total + loss, 0);
    numTargets += batch.numTargets;
  }
  return sum / numTargets;
}
