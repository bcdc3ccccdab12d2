import { type HalfTensor, type HostTensor, isHalf, widened } from '@pharmacist/tensor-kernels';
import type { ModelConfig } from './config.ts';

const EMBEDDING = 'model.embed_tokens.weight';
const HEAD = 'lm_head.weight';

/** Whether it is one of the two weights of which one may stand for both. */
export function mayBeHead(name: string): boolean {
  return name === EMBEDDING || name === HEAD;
}

/**
 * What a file with these weights has to hold: that of `expected`, and where embeddings are tied maybe a stored output projection, of the
 * embedding's shape, beside the embedding or alone.
 */
export function withStoredHead(
  config: ModelConfig,
  expected: ReadonlyMap<string, readonly number[]>,
  names: ReadonlySet<string>,
): Map<string, readonly number[]> {
  const shapes = new Map(expected);
  if (!config.tieWordEmbeddings || !names.has(HEAD)) return shapes;
  shapes.set(HEAD, shapes.get(EMBEDDING)!);
  if (!names.has(EMBEDDING)) shapes.delete(EMBEDDING);
  return shapes;
}

/**
 * What tied embeddings are whose output projection is stored all the same, as transformers 5 loads them (`PreTrainedModel.tie_weights`):
 * an equal one is a copy, one that is there alone is the embedding too, and a different one is used, whatever config.json says.
 * @param weights are changed: a copy goes, a missing embedding comes. @returns the configuration that the weights mean.
 */
export function settleHead(config: ModelConfig, weights: Map<string, HostTensor | HalfTensor>): ModelConfig {
  const head = weights.get(HEAD);
  if (!config.tieWordEmbeddings || head === undefined) return config;
  const embedding = weights.get(EMBEDDING);
  if (embedding !== undefined && !areEqual(embedding, head)) return { ...config, tieWordEmbeddings: false };
  weights.set(EMBEDDING, embedding ?? head);
  weights.delete(HEAD);
  return config;
}

/** Whether two tensors are the same numbers; a zero with a sign is a zero. */
function areEqual(a: HostTensor | HalfTensor, b: HostTensor | HalfTensor): boolean {
  if (a.shape.join() !== b.shape.join()) return false;
  if (a.dtype === b.dtype && a.data.every((value, i) => value === b.data[i])) return true;
  if (!isHalf(a) && !isHalf(b)) return false;
  const [left, right] = [a, b].map((tensor) => (isHalf(tensor) ? widened(tensor) : tensor).data);
  return left!.every((value, i) => value === right![i]);
}
