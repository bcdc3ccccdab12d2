import { NumericError } from '@pharmacist/core';
import { type LanguageModel, type LoraAdapter, rowMeanWeights, type TokenizedRow } from '@pharmacist/language-model';
import { rowBatches } from '../row-batches.ts';
import type { SelectionContext } from '../selector.ts';

/** A vector in the space of the LoRA factors, by factor name. */
export type Direction = Map<string, Float32Array>;

/**
 * Unit vector along the gradient of the mean, over rows, of each row's mean answer NLL.
 * @throws {NumericError} if the gradient vanishes or is not finite.
 */
export async function meanGradientDirection(
  context: SelectionContext,
  { model, adapter, rows, phase }: { model: LanguageModel; adapter: LoraAdapter; rows: readonly TokenizedRow[]; phase: string },
): Promise<Direction> {
  const sums = new Map<string, Float64Array>();
  for (const { batch, indices, done } of rowBatches(rows, context)) {
    const { gradients } = await model.gradient(batch, adapter, rowMeanWeights(batch));
    for (const [name, gradient] of gradients) {
      const sum = sums.get(name) ?? new Float64Array(gradient.length);
      for (let i = 0; i < sum.length; i++) sum[i]! += indices.length * gradient[i]!;
      sums.set(name, sum);
    }
    context.count('forward', 1, indices.length);
    context.count('backward', 1, indices.length);
    context.reporter.progress({ phase, done, total: rows.length, unit: 'rows' });
  }
  let square = 0;
  for (const sum of sums.values()) for (const value of sum) square += value * value;
  const norm = Math.sqrt(square);
  if (!(norm > 0 && Number.isFinite(norm)))
    throw new NumericError(`the gradient has norm ${norm}`, {
      where: phase,
      hint: 'check these rows: they need answers the model can learn from',
    });
  return new Map([...sums].map(([name, sum]) => [name, Float32Array.from(sum, (value) => value / norm)]));
}

/** Where rows carry no targets they teach nothing; @returns those that do. */
export function rowsWithTargets(rows: readonly TokenizedRow[]): TokenizedRow[] {
  return rows.filter(({ hasTargets }) => hasTargets);
}
