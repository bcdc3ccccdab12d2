import { bfloat16ToFloat32, float16ToFloat32, float32ToBfloat16, float32ToFloat16 } from '@pharmacist/tensor-kernels';
import type { FloatDtype } from '../streamed-weights.ts';
import type { GgufWeight } from './state-dict.ts';

const HALVES = ['BF16', 'F16'] as const;

/**
 * For each weight the smallest type of one 16-bit type and f32 that holds every value: the file's own type for what is stored in 16 bits, and
 * that too for f32 norms beside it where nothing is lost. Quantised weights are products of a scale and a small number, which no 16 bits hold:
 * with one of them everything is f32.
 * @param weights f32 ones are read, to look.
 */
export async function exactDtypes(weights: ReadonlyMap<string, GgufWeight>): Promise<Map<string, FloatDtype>> {
  const sizes = { BF16: 0, F16: 0 };
  for (const { shape, format } of weights.values()) {
    const name = format?.name ?? 'F32';
    if (name === 'BF16' || name === 'F16') sizes[name] += shape.reduce((product, size) => product * size, 1);
    else if (name !== 'F32') return all(weights, 'F32');
  }
  if (sizes.BF16 + sizes.F16 > 0) return await fitted(weights, sizes.BF16 >= sizes.F16 ? 'BF16' : 'F16');
  for (const half of HALVES) {
    const dtypes = await fitted(weights, half, true);
    if ([...dtypes.values()].every((dtype) => dtype === half)) return dtypes;
  }
  return all(weights, 'F32');
}

/** @param stopsEarly leaves the rest out after the first weight that does not fit. */
async function fitted(
  weights: ReadonlyMap<string, GgufWeight>,
  half: 'BF16' | 'F16',
  stopsEarly = false,
): Promise<Map<string, FloatDtype>> {
  const dtypes = new Map<string, FloatDtype>();
  for (const [name, weight] of weights) {
    const isHeld = weight.format?.name === half || holds(half, (await weight.read()).data as Float32Array);
    dtypes.set(name, isHeld ? half : 'F32');
    if (stopsEarly && !isHeld) break;
  }
  return dtypes;
}

function holds(half: 'BF16' | 'F16', values: Float32Array): boolean {
  const back = half === 'BF16' ? bfloat16ToFloat32(float32ToBfloat16(values)) : float16ToFloat32(float32ToFloat16(values));
  return values.every((value, i) => value === back[i]);
}

function all(weights: ReadonlyMap<string, GgufWeight>, dtype: FloatDtype): Map<string, FloatDtype> {
  return new Map([...weights.keys()].map((name) => [name, dtype]));
}
