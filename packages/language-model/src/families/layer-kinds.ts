import type { RawConfig } from '../config-schema.ts';
import type { LayerKind } from './model-family.ts';

/**
 * One kind a layer: what `layer_types` says, else whether `isSliding` says that the layer has the window.
 * @param isSliding of a layer, counted from 0.
 */
export function layerKinds(fields: RawConfig, isSliding: (layer: number) => boolean): LayerKind[] {
  const window = fields.sliding_window ?? undefined;
  return Array.from({ length: fields.num_hidden_layers }, (_, layer): LayerKind => {
    const asked = fields.layer_types?.[layer];
    const slides = asked === undefined ? isSliding(layer) : asked === 'sliding_attention';
    return slides && window !== undefined ? { window, rotary: 'main' } : { rotary: 'main' };
  });
}

/** Qwen's rule: the window is off unless `use_sliding_window` says otherwise, and the first `max_window_layers` layers do without. */
export function upperLayersSlide(fields: RawConfig): LayerKind[] {
  if (fields.use_sliding_window !== true) return layerKinds({ ...fields, sliding_window: null }, () => false);
  return layerKinds(fields, (layer) => layer >= (fields.max_window_layers ?? 0));
}
