import type * as tf from '@tensorflow/tfjs-core';
import type { LoraFactors, RotaryTables } from '@pharmacist/tensor-kernels';
import type { ModelConfig } from '../config.ts';
import type { RotaryKind } from './rotary-tables.ts';

/** Tables of angles, and the rows of them that belong to the tokens of a pass, i32 [B, T]. */
export interface Angles {
  readonly tables: RotaryTables;
  readonly rows: tf.Tensor;
}

/** Everything a forward pass reads, as tensors of the current trace. */
export interface ModelTensors {
  readonly config: ModelConfig;
  /** A weight by its name in the Hugging Face state dict. */
  weight(name: string): tf.Tensor;
  /** The LoRA factors of a module, if it has some. */
  lora(module: string): LoraFactors | undefined;
  /** Frozen factors of scale 1 beneath them: of adapters that were not added to the weights. */
  beneath(module: string): LoraFactors | undefined;
  /** In a pass with dropout: what `droppedIncrement` makes masks of. */
  readonly dropoutKeys?: tf.Tensor | undefined;
  /** alpha / rank. */
  readonly loraScale: number;
  /** Angles by the kind of layer that they belong to; `coarse` those of the multiples of TABLE_ROWS, if there are positions beyond. */
  rotary(kind: RotaryKind): RotaryTables & { readonly coarse?: RotaryTables | undefined };
  /** Whether the sequences, which may be seen in parts, are beyond the original length; else the length of this part says it. */
  readonly isLong?: boolean | undefined;
}
