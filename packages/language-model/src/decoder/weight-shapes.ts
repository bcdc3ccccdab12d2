import { familyOf, type ModelConfig } from '../config.ts';
import { headWidths, moduleName, projectionsOf } from './projections.ts';

/** Name and shape of every weight a configuration asks for; linear weights are [out, in], as PyTorch stores them. */
export function expectedShapes(config: ModelConfig): Map<string, readonly number[]> {
  const { vocabSize, hiddenSize, headDim, biases } = config;
  const { norm, norms } = familyOf(config);
  const shapes = new Map<string, readonly number[]>([['model.embed_tokens.weight', [vocabSize, hiddenSize]]]);
  const addNorm = (name: string) => {
    shapes.set(`${name}.weight`, [hiddenSize]);
    if (norm === 'layer') shapes.set(`${name}.bias`, [hiddenSize]);
  };
  for (let layer = 0; layer < config.numLayers; layer++) {
    const prefix = `model.layers.${layer}`;
    for (const projection of projectionsOf(config)) {
      const module = moduleName(layer, projection);
      const shape = projection.shape(config);
      shapes.set(`${module}.weight`, shape);
      if (biases[projection.bias]) shapes.set(`${module}.bias`, [shape[0]]);
    }
    if (norms.queryAndKey !== undefined) {
      const isWhole = norms.queryAndKey === 'width';
      shapes.set(`${prefix}.self_attn.q_norm.weight`, [isWhole ? headWidths(config).query : headDim]);
      shapes.set(`${prefix}.self_attn.k_norm.weight`, [isWhole ? headWidths(config).key : headDim]);
    }
    if (config.hasHeadNorms) {
      for (let head = 0; head < config.numAttentionHeads; head++)
        shapes.set(`${prefix}.self_attn.q_layernorm.norms.${head}.weight`, [headDim]);
      for (let head = 0; head < config.numKeyValueHeads; head++)
        shapes.set(`${prefix}.self_attn.k_layernorm.norms.${head}.weight`, [headDim]);
    }
    for (const name of blockNorms(config)) addNorm(`${prefix}.${name}`);
  }
  addNorm('model.norm');
  if (!config.tieWordEmbeddings) shapes.set('lm_head.weight', [vocabSize, hiddenSize]);
  return shapes;
}

/** Names of a block's norms of the residual stream. */
export function blockNorms(config: Pick<ModelConfig, 'modelType' | 'isParallel'>): string[] {
  const { attentionInput, attentionOutput, mlpInput, mlpOutput } = familyOf(config).norms;
  return [attentionInput, attentionOutput, config.isParallel ? undefined : mlpInput, mlpOutput].filter((name) => name !== undefined);
}
