import type { TokenizedRow } from '@pharmacist/language-model';
import { GoldenTensors } from '@pharmacist/language-model/test-support';
import { floats } from '@pharmacist/tensor-kernels';
import { F32_GRAD, type Tolerance } from '@pharmacist/tooling/vitest/matchers';

const PEFT_PREFIX = 'base_model.model.';

/** Tensors that PyTorch computed in float64. */
export class Golden extends GoldenTensors {
  static async read(name: string): Promise<Golden> {
    return new Golden(await GoldenTensors.tensorsOf('defenses', name));
  }

  scalar(name: string): number {
    return this.tensor(name).data[0]!;
  }

  /** Rows of an i64 [B, T] of ids: whole or cut to `lengths`, the prompt as given by -100 among the labels if there are some. */
  rows(name: string): TokenizedRow[] {
    const { shape, data } = this.tensor(`${name}.ids`);
    const [numRows, width] = shape as [number, number];
    const labels = this.tensors.get(`${name}.labels`)?.data;
    const lengths = this.tensors.get(`${name}.lengths`)?.data;
    return Array.from({ length: numRows }, (_, b) => {
      const labelled = Array.from({ length: width }, (__, t) => t).filter((t) => labels !== undefined && labels[b * width + t] !== -100);
      const length = lengths?.[b] ?? labelled.at(-1)! + 1;
      return {
        inputIds: Int32Array.from(data.slice(b * width, b * width + length)),
        numPromptTokens: labelled[0] ?? 0,
        truncated: false,
        hasTargets: true,
      };
    });
  }

  /**
   * The gradients to compare, by factor. Small entries of a tensor are sums of large terms, so the bound follows its largest.
   * @throws Error if `got` has other factors than the golden.
   */
  gradients(got: ReadonlyMap<string, Float32Array>, prefix = 'grad.'): GradientCase[] {
    const full = prefix + PEFT_PREFIX;
    const names = [...this.tensors.keys()].flatMap((name) => (name.startsWith(full) ? [name.slice(full.length)] : []));
    if (names.length === 0 || names.sort().join() !== [...got.keys()].sort().join()) throw new Error(`the factors of ${prefix} differ`);
    return names.map((name) => {
      const want = floats(this.tensor(full + name));
      const largest = want.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      return { name, got: got.get(name)!, want, bound: { ...F32_GRAD, atol: F32_GRAD.atol * Math.max(1, largest) } };
    });
  }
}

export interface GradientCase {
  readonly name: string;
  readonly got: Float32Array;
  readonly want: Float32Array;
  readonly bound: Tolerance;
}
