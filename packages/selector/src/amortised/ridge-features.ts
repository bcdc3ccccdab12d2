import { lazyList } from '@pharmacist/core';
import type { TokenizedRow } from '@pharmacist/language-model';
import type { RowFeatures } from '../row-features.ts';

/** What the regression reads of each row: [mean prompt state, mean answer state, mean loss, log answer length], f64 [2 D + 2]; undefined without targets; made when it is asked for. */
export function ridgeFeatures(rows: readonly TokenizedRow[], features: RowFeatures): readonly (Float64Array | undefined)[] {
  const { hiddenSize: size, prompt, answer, loss } = features;
  return lazyList(rows.length, (i) => {
    const { inputIds, numPromptTokens, hasTargets } = rows[i]!;
    if (!hasTargets) return undefined;
    const values = new Float64Array(2 * size + 2);
    values.set(prompt.subarray(i * size, (i + 1) * size));
    values.set(answer.subarray(i * size, (i + 1) * size), size);
    values.set([loss[i]!, Math.log(inputIds.length - Math.max(1, numPromptTokens))], 2 * size);
    return values;
  });
}
