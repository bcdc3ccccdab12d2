import { ConfigError, Random, sha256 } from '@pharmacist/core';
import { float32, floats } from '@pharmacist/tensor-kernels';
import type { HostTensor, ParameterMap } from '@pharmacist/tensor-kernels';
import type { AdapterOrigin, LoraAdapter } from './adapter.ts';
import type { ModelConfig } from './config.ts';
import { chosenProjections, moduleName } from './decoder/projections.ts';

export interface LoraOptions extends Partial<AdapterOrigin> {
  rank: number;
  alpha: number;
  /** 0 by default. */
  dropout?: number;
  /** Names of projections; all of the model by default, and where the seven of Llama are named together. */
  targetModules?: readonly string[];
}

/** Names of the two trained tensors of a module, without PEFT's prefix. */
export function factorNames(module: string): { a: string; b: string } {
  return { a: `${module}.lora_A.weight`, b: `${module}.lora_B.weight` };
}

/**
 * A new adapter as PEFT initialises it: A uniform in +-1/sqrt(in) (Kaiming with a = sqrt 5), B zero, so that the model starts unchanged.
 * @throws {ConfigError} if the rank is not a positive integer or is beyond what the model's matrices have, or a target is not a projection of the model.
 */
export function createAdapter(
  config: ModelConfig,
  { rank, alpha, dropout = 0, targetModules, baseModelName = '', ...origin }: LoraOptions,
  seed: number | string,
): LoraAdapter {
  checkRank(rank, config);
  const factors = new Map<string, { a: HostTensor; b: HostTensor }>();
  const projections = chosenProjections(config, targetModules);
  for (let layer = 0; layer < config.numLayers; layer++) {
    for (const projection of projections) {
      const module = moduleName(layer, projection);
      const [out, input] = projection.shape(config);
      const random = new Random(seed).split('lora', module);
      const bound = 1 / Math.sqrt(input);
      const a = Float32Array.from({ length: rank * input }, () => bound * (2 * random.uniform() - 1));
      factors.set(module, { a: float32([rank, input], a), b: float32([out, rank]) });
    }
  }
  return {
    rank,
    alpha,
    scale: alpha / rank,
    targetModules: projections.map(({ name }) => name),
    dropout,
    baseModelName,
    ...origin,
    factors,
  };
}

/**
 * Every projection reads from the hidden state or writes to it, so none has a rank above its size: a larger one trains nothing more. PEFT
 * takes any; recipes stay far below.
 * @throws {ConfigError} if the rank is not a positive integer or above the hidden size.
 */
export function checkRank(rank: number, { hiddenSize }: Pick<ModelConfig, 'hiddenSize'>): void {
  if (!Number.isInteger(rank) || rank < 1) throw new ConfigError(`expected an integer >= 1, got ${rank}`, { where: 'lora.rank' });
  if (rank <= hiddenSize) return;
  throw new ConfigError(`a rank of ${rank} exceeds the ${hiddenSize} numbers of the model's hidden state, the full rank of its matrices`, {
    where: 'lora.rank',
    hint: `use at most ${hiddenSize}, for instance 8`,
  });
}

/** The trained arrays of an adapter by tensor name; they share memory with it, so that an optimiser trains the adapter in place. */
export function adapterParameters(adapter: LoraAdapter): Map<string, Float32Array> {
  return new Map(Object.entries(adapterTensors(adapter)).map(([name, tensor]) => [name, floats(tensor)]));
}

/** The same as engine inputs. */
export function adapterTensors(adapter: LoraAdapter): Record<string, HostTensor> {
  return Object.fromEntries(
    [...adapter.factors].flatMap(([module, { a, b }]) => {
      const names = factorNames(module);
      return [
        [names.a, a],
        [names.b, b],
      ];
    }),
  );
}

/** SHA-256 over names and values, in the order of the map. */
export function hashOfParameters(parameters: ParameterMap): string {
  return sha256(
    [...parameters]
      .map(([name, { buffer, byteOffset, byteLength }]) => `${name}:${sha256(new Uint8Array(buffer, byteOffset, byteLength))}`)
      .join('\n'),
  );
}

/** A deep copy whose arrays can be trained on their own. */
export function cloneAdapter(adapter: LoraAdapter): LoraAdapter {
  const copy = (tensor: HostTensor) => float32(tensor.shape, floats(tensor).slice());
  return {
    ...adapter,
    resident: undefined,
    masks: undefined,
    factors: new Map([...adapter.factors].map(([module, { a, b }]) => [module, { a: copy(a), b: copy(b) }])),
  };
}

/** The content hash of a model with an adapter merged. */
export function mergedHash(contentHash: string, adapter: LoraAdapter): string {
  return sha256(`${contentHash} + ${adapter.scale} ${hashOfParameters(adapterParameters(adapter))}`);
}

/** Names of frozen factors beneath those that are trained. */
export function beneathNames(module: string): { a: string; b: string } {
  return { a: `${module}.beneath.a`, b: `${module}.beneath.b` };
}

/**
 * Factors whose product is the sum of two increments, scale and all: [A_1; A_2], f32 [r_1 + r_2, in], and [B_1, scale B_2], f32 [out, r_1 + r_2].
 * @param before of scale 1; none if undefined.
 */
export function stackedFactors(
  before: { a: HostTensor; b: HostTensor } | undefined,
  { a, b }: { a: HostTensor; b: HostTensor },
  scale: number,
): { a: HostTensor; b: HostTensor } {
  const [rank, input] = a.shape as [number, number];
  const out = b.shape[0]!;
  const rankBefore = before?.a.shape[0] ?? 0;
  const width = rankBefore + rank;
  const [down, up] = [new Float32Array(width * input), new Float32Array(out * width)];
  if (before !== undefined) down.set(floats(before.a));
  down.set(floats(a), rankBefore * input);
  for (let o = 0; o < out; o++) {
    if (before !== undefined) up.set(floats(before.b).subarray(o * rankBefore, (o + 1) * rankBefore), o * width);
    for (let r = 0; r < rank; r++) up[o * width + rankBefore + r] = scale * floats(b)[o * rank + r]!;
  }
  return { a: float32([width, input], down), b: float32([out, width], up) };
}

/** W + scale B A, f32 [out, in], summed in f64. */
export function mergedWeight(weight: HostTensor, { a, b }: { a: HostTensor; b: HostTensor }, scale: number): HostTensor {
  const [rank, input] = a.shape as [number, number];
  const out = b.shape[0]!;
  const [w, down, up] = [floats(weight), floats(a), floats(b)];
  const merged = new Float32Array(w.length);
  const sums = new Float64Array(input);
  for (let o = 0; o < out; o++) {
    sums.fill(0);
    for (let r = 0; r < rank; r++) {
      const factor = up[o * rank + r]!;
      const start = r * input;
      for (let i = 0; i < input; i++) sums[i] = sums[i]! + factor * down[start + i]!;
    }
    for (let i = 0; i < input; i++) merged[o * input + i] = w[o * input + i]! + scale * sums[i]!;
  }
  return float32(weight.shape, merged);
}
