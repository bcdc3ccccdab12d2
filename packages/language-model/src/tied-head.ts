import type { HostTensor } from '@pharmacist/tensor-kernels';
import type { ModelConfig } from './config.ts';

const EMBEDDING = 'model.embed_tokens.weight';
const HEAD = 'lm_head.weight';

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
export function settleHead(config: ModelConfig, weights: Map<string, HostTensor>): ModelConfig {
  const head = weights.get(HEAD);
  if (!config.tieWordEmbeddings || head === undefined) return config;
  const embedding = weights.get(EMBEDDING);
  if (embedding !== undefined && !areEqual(embedding, head)) return { ...config, tieWordEmbeddings: false };
  weights.set(EMBEDDING, embedding ?? head);
  weights.delete(HEAD);
  return config;
}

function areEqual(a: HostTensor, b: HostTensor): boolean {
  if (a.shape.join() !== b.shape.join()) return false;
  for (let i = 0; i < a.data.length; i++) if (a.data[i] !== b.data[i]) return false;
  return true;
}
