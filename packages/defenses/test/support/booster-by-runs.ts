import {
  adapterParameters,
  type Batch,
  factorNames,
  type LanguageModel,
  type LoraAdapter,
  tokenMeanWeights,
} from '@pharmacist/language-model';
import { float32, globalNorm } from '@pharmacist/tensor-kernels';

/**
 * The gradient of Booster from three separate runs of the ordinary gradient program, combined in float64: what the one graph of harmful-step.ts
 * has to agree with.
 */
export async function boosterByRuns(
  model: LanguageModel,
  adapter: LoraAdapter,
  { alignment, harmful }: Readonly<Record<'alignment' | 'harmful', Batch>>,
  { lambda, alpha }: Readonly<Record<'lambda' | 'alpha', number>>,
): Promise<{ gradients: Map<string, Float32Array>; facts: Record<string, number> }> {
  const gradientAt = async (batch: Batch, at: LoraAdapter) => await model.gradient(batch, at, tokenMeanWeights(batch));
  const before = await gradientAt(harmful, adapter);
  const norm = globalNorm(before.gradients);
  const moved = [...adapterParameters(adapter)].map(([name, values]) => {
    const gradient = before.gradients.get(name)!;
    return [name, values.map((value, i) => value - (alpha / (norm + 1e-7)) * gradient[i]!)] as const;
  });
  const after = await gradientAt(harmful, adapterAt(adapter, new Map(moved)));
  const { gradients } = await gradientAt(alignment, adapter);
  const combined = [...gradients].map(([name, gradient]) => {
    const [first, second] = [before.gradients.get(name)!, after.gradients.get(name)!];
    return [name, gradient.map((value, i) => value + lambda * (first[i]! - second[i]!))] as const;
  });
  return {
    gradients: new Map(combined),
    facts: { harmfulLoss: before.loss, harmfulLossAfter: after.loss, harmfulGradientNorm: norm },
  };
}

/** The adapter with other values in its factors. */
function adapterAt(adapter: LoraAdapter, parameters: ReadonlyMap<string, Float32Array>): LoraAdapter {
  const factors = [...adapter.factors].map(([module, { a, b }]) => {
    const names = factorNames(module);
    return [module, { a: float32(a.shape, parameters.get(names.a)!), b: float32(b.shape, parameters.get(names.b)!) }] as const;
  });
  return { ...adapter, factors: new Map(factors) };
}
