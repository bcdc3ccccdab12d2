import { ModelError, throwIfAborted, writeFileAtomic, type Reporter } from '@pharmacist/core';
import { float32ToBfloat16, float32ToFloat16, type HostTensor } from '@pharmacist/tensor-kernels';
import { compareText, headerBytes } from './safetensors.ts';

/** How a float is stored in a safetensors file. */
export type FloatDtype = 'F32' | 'BF16' | 'F16';

/** A weight that is read when it is written: no more than one is in memory. */
export interface StreamedWeight {
  readonly shape: readonly number[];
  readonly dtype: FloatDtype;
  /** f32. */
  read(): Promise<HostTensor>;
}

export interface StreamOptions {
  /** Where the weights are from, for messages. */
  readonly source: string;
  readonly phase: string;
  readonly reporter: Reporter;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes a whole safetensors file or nothing, in the order of `writeSafetensors`.
 * @throws {ModelError} naming the first weight that is too large for its f16. @throws {InterruptedError} between two weights.
 */
export async function writeStreamedWeights(
  path: string,
  weights: ReadonlyMap<string, StreamedWeight>,
  { source, reporter, phase, signal }: StreamOptions,
): Promise<void> {
  const ordered = [...weights].sort(([a, first], [b, second]) => bytesOf(second.dtype) - bytesOf(first.dtype) || compareText(a, b));
  const header: [string, unknown][] = [['__metadata__', { format: 'pt' }]];
  let offset = 0;
  for (const [name, { shape, dtype }] of ordered) {
    const end = offset + shape.reduce((product, size) => product * size, 1) * bytesOf(dtype);
    header.push([name, { dtype, shape, data_offsets: [offset, end] }]);
    offset = end;
  }
  async function* parts(): AsyncGenerator<Uint8Array> {
    yield headerBytes(header);
    let done = 0;
    for (const [name, { dtype, read }] of ordered) {
      throwIfAborted(signal);
      const bytes = encodeFloats(name, (await read()).data as Float32Array, { dtype, source });
      if (bytes.byteLength > 0) yield bytes;
      done += bytes.byteLength;
      reporter.progress({ phase, done: Math.round(done / 2 ** 20), total: Math.round(offset / 2 ** 20), unit: 'MiB' });
    }
  }
  await writeFileAtomic(path, parts());
}

/** @throws {ModelError} if a finite value becomes an infinity. */
export function encodeFloats(name: string, values: Float32Array, { dtype, source }: { dtype: FloatDtype; source: string }): Uint8Array {
  if (dtype === 'F32') return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const patterns = dtype === 'BF16' ? float32ToBfloat16(values) : float32ToFloat16(values);
  const infinity = dtype === 'BF16' ? 0x7f80 : 0x7c00;
  const index = patterns.findIndex((pattern, i) => (pattern & 0x7fff) === infinity && Number.isFinite(values[i]));
  if (index >= 0) {
    throw new ModelError(`weight "${name}" holds ${values[index]}, beyond what ${dtype} can hold`, {
      where: source,
      hint: 'store it as bfloat16 or float32',
    });
  }
  return new Uint8Array(patterns.buffer, patterns.byteOffset, patterns.byteLength);
}

export function bytesOf(dtype: FloatDtype): number {
  return dtype === 'F32' ? 4 : 2;
}
