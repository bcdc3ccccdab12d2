import { factorNames, type LoraAdapter, moduleName, type ModelConfig, PROJECTIONS } from '@pharmacist/language-model';

/**
 * Names of the LoRA factors of the last `share` of the layers, one layer at least, in the adapter's order. Gradients by these alone need no
 * backward pass through the layers below.
 */
export function countedFactors({ factors }: LoraAdapter, { numLayers }: ModelConfig, share: number): string[] {
  const first = numLayers - Math.max(1, Math.round(share * numLayers));
  const below = new Set<string>();
  for (let layer = 0; layer < first; layer++) for (const projection of PROJECTIONS) below.add(moduleName(layer, projection));
  return [...factors.keys()].flatMap((module) => (below.has(module) ? [] : Object.values(factorNames(module))));
}
