import { expectedShapes, type ModelConfig, rotaryTables } from '@pharmacist/language-model';
import {
  float32,
  floats,
  type HalfTensor,
  type HostTensor,
  type PjrtEngine,
  type ResidentTensor,
  sizeOf,
} from '@pharmacist/tensor-kernels';

/** Numbers after which the sequence repeats: small enough to be made in a second. */
export const PERIOD = 2 ** 26;

/** Spread of the weights: uniform in +-SPREAD / 2, a standard deviation of .02. */
export const SPREAD = 0.07;

/** The i-th number of a sequence that PyTorch makes alike (tooling/gpu/torch_step.py): the finaliser of MurmurHash3, in [-1/2, 1/2). */
export function hashed(i: number): number {
  let h = i | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32 - 0.5;
}

/** bfloat16 of SPREAD times the sequence, one period of it. */
export function hashedPool(period = PERIOD): Uint16Array {
  const pool = new Uint16Array(period);
  const one = new Float32Array(1);
  const bits = new Uint32Array(one.buffer);
  for (let i = 0; i < period; i++) {
    one[0] = hashed(i) * SPREAD;
    pool[i] = (bits[0]! + 0x7fff + ((bits[0]! >>> 16) & 1)) >>> 16;
  }
  return pool;
}

/** `size` numbers from `offset` on, around the end of the pool. */
export function cut(pool: Uint16Array, offset: number, size: number): Uint16Array {
  const values = new Uint16Array(size);
  for (let done = 0; done < size;) {
    const from = (offset + done) % pool.length;
    const count = Math.min(size - done, pool.length - from);
    values.set(pool.subarray(from, from + count), done);
    done += count;
  }
  return values;
}

/** Weights of a configuration on the device, one after another from the sequence; norms are 1. Nothing is kept here. */
export async function uploadHashedWeights(
  engine: PjrtEngine,
  config: ModelConfig,
  numPositions: number,
): Promise<Record<string, ResidentTensor>> {
  const pool = hashedPool();
  const resident: Record<string, ResidentTensor> = {};
  let offset = 0;
  for (const [name, shape] of expectedShapes(config)) {
    const size = sizeOf(shape);
    if (shape.length === 1) {
      resident[name] = await engine.upload(float32(shape, new Float32Array(size).fill(1)), { isFrozen: true });
      continue;
    }
    const half: HalfTensor = { shape, dtype: 'bfloat16', data: cut(pool, offset, size) };
    const isKept = engine.precision === 'bfloat16';
    resident[name] = await engine.upload(isKept ? half : widened(half), { move: true, isFrozen: true });
    offset = (offset + size) % PERIOD;
  }
  for (const [name, table] of Object.entries(rotaryTables(config, numPositions))) resident[name] = await engine.upload(table);
  return resident;
}

/** First factors of a LoRA from the sequence, so that PyTorch starts from the same: uniform in +-1/sqrt(in); the second ones are 0. */
export function fillFactor(factor: HostTensor, module: number): void {
  const values = floats(factor);
  const bound = 2 / Math.sqrt(factor.shape[1]!);
  for (let i = 0; i < values.length; i++) values[i] = hashed((module * 1_000_003 + i) % PERIOD) * bound;
}

function widened({ shape, data }: HalfTensor): HostTensor {
  const bits = Uint32Array.from(data, (half) => half << 16);
  return float32(shape, new Float32Array(bits.buffer));
}
