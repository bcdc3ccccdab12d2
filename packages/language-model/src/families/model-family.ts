import type { RawConfig } from '../config-schema.ts';
import type { JsonObject } from '../json-file.ts';

/**
 * What a norm computes over the last axis, x of size D:
 *   `rms`            w x / rms(x)
 *   `rms-around-one` (1 + w) x / rms(x): the file holds what is added to 1 (Gemma)
 *   `layer`          w (x - mean(x)) / std(x) + b
 */
export type NormKind = 'rms' | 'rms-around-one' | 'layer';

/** Names of a block's norms in the state dict, for the places that have one. */
export interface BlockNorms {
  /** Before the projections of attention; where it is missing they read the residual stream itself. */
  readonly attentionInput?: string;
  /** After o_proj, before the residual connection. */
  readonly attentionOutput?: string;
  readonly mlpInput?: string;
  /** After down_proj, before the residual connection. */
  readonly mlpOutput?: string;
  /** `self_attn.q_norm` and `k_norm`, always `rms` in kind or around one: over each head, or over all heads at once. */
  readonly queryAndKey?: 'head' | 'width';
}

/** How one layer attends. */
export interface LayerKind {
  /** Tokens that a token sees, itself among them; without a window all up to itself. */
  readonly window?: number;
  /** The table of angles that turns queries and keys; `none` in layers without positions. */
  readonly rotary: 'main' | 'local' | 'none';
}

/** Linear maps with a bias beside their matrix. */
export interface Biases {
  /** q, k and v. */
  readonly attentionInput: boolean;
  /** o_proj. */
  readonly attentionOutput: boolean;
  readonly mlp: boolean;
}

/**
 * Frequencies of a rotary embedding stretched beyond the length the model was pre-trained with. The factor on cosines and sines
 * (`attentionFactor`) sharpens attention over longer texts.
 */
export type RopeScaling =
  | { readonly type: 'linear'; readonly factor: number }
  | { readonly type: 'dynamic'; readonly factor: number; readonly originalMaxPositionEmbeddings: number }
  | {
      readonly type: 'llama3';
      readonly factor: number;
      readonly lowFreqFactor: number;
      readonly highFreqFactor: number;
      readonly originalMaxPositionEmbeddings: number;
    }
  | {
      readonly type: 'yarn';
      readonly factor: number;
      readonly attentionFactor: number;
      /** Turns over the original length above which a wave is kept, and below which it is stretched by the whole factor. */
      readonly betaFast: number;
      readonly betaSlow: number;
      /** The ends of the ramp between the two are whole indices. */
      readonly isTruncated: boolean;
      readonly originalMaxPositionEmbeddings: number;
    }
  | {
      readonly type: 'longrope';
      readonly attentionFactor: number;
      /** Divisors of each frequency in sequences up to the original length, and in longer ones. */
      readonly shortFactors: readonly number[];
      readonly longFactors: readonly number[];
      readonly originalMaxPositionEmbeddings: number;
    };

/** Angles of a rotary embedding. */
export interface Rope {
  readonly ropeTheta: number;
  readonly ropeScaling?: RopeScaling;
}

/** Where families differ in numbers and switches; what a family does not set is as in Llama. */
export interface FamilySettings {
  readonly biases: Biases;
  /** One a layer. */
  readonly layers: readonly LayerKind[];
  /** Factor on q k^T, by custom 1/sqrt(headDim). */
  readonly attentionScale: number;
  /** c of c tanh(s / c), on the scores of attention before the mask. */
  readonly scoreCap?: number;
  /** The same on the logits. */
  readonly logitCap?: number;
  /** Factors on the embeddings, on what a block adds to the residual stream, and on the logits before their cap. */
  readonly embeddingScale: number;
  readonly residualScale: number;
  readonly logitScale: number;
  /** Angles of the layers whose kind names the table `local`. */
  readonly localRope?: Rope;
  /** Attention and MLP read the same norm and are added at once. */
  readonly isParallel: boolean;
  /** Each head of queries and keys has a layer norm without bias, `q_layernorm.norms.<head>` and `k_layernorm.norms.<head>`. */
  readonly hasHeadNorms: boolean;
}

/** What a family computes its settings from. */
export interface FamilyContext {
  readonly fields: RawConfig;
  readonly headDim: number;
  /** Reads angles in either spelling. */
  readonly readRope: (key: 'sliding_attention', defaultTheta: number) => Rope;
}

/** How llama.cpp writes a family. */
export interface GgufForm {
  /** `general.architecture`. */
  readonly architecture: string;
  /** Rows of q and k were reordered for a rotation of neighbours. */
  readonly isPermuted?: boolean;
  /** Norms that are stored with 1 added. */
  readonly hasShiftedNorms?: boolean;
  /** Fields of config.json that are this family's own, from metadata. */
  readonly fields?: (metadata: GgufMetadata) => JsonObject;
}

/** What a file holds: metadata under the architecture's prefix, and tensors of the first layer. */
export interface GgufMetadata {
  number(key: string): number | undefined;
  flag(key: string): boolean | undefined;
  hasTensor(name: string): boolean;
  readonly numLayers: number;
  readonly hiddenSize: number;
  readonly numHeads: number;
  readonly headDim: number;
}

/**
 * A family of models: everything that sets its forward pass, its files and their names apart. The registry of families is the one list;
 * configuration, weights, adapters, GGUF import and tests follow from it.
 */
export interface ModelFamily {
  /** `model_type` of config.json. */
  readonly name: string;
  /** As people say it, for messages. */
  readonly title: string;
  /** The class of transformers, as `architectures` names it, without `ForCausalLM`. */
  readonly className: string;
  /** What transformers assumes where config.json is silent, under the file's names. */
  readonly defaults: Readonly<JsonObject>;
  readonly norm: NormKind;
  readonly norms: BlockNorms;
  readonly activation: 'silu' | 'gelu-tanh';
  /** The field of config.json that names it, `hidden_act` by default. */
  readonly activationField?: 'hidden_act' | 'hidden_activation';
  /** What the field may say; by default the names of transformers for `activation`. */
  readonly activationNames?: readonly string[];
  /** q, k and v are one matrix, and gate and up another. */
  readonly isFused?: boolean;
  /** Rotary embeddings may cover a part of each head. */
  readonly hasPartialRotary?: boolean;
  readonly settings?: (context: FamilyContext) => Partial<FamilySettings>;
  readonly gguf?: GgufForm;
}

/** A family as its file states it. */
export function defineModelFamily(family: ModelFamily): ModelFamily {
  return family;
}
