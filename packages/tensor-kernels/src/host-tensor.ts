import { ShapeError } from '@pharmacist/core';
import { bfloat16ToFloat32, float16ToFloat32 } from './half-precision.ts';

/** Element types that cross the border of an engine. */
export type DType = 'float32' | 'int32';

export type Shape = readonly number[];

/** A dense row-major tensor in the memory of this JavaScript thread. `data.length` is the product of `shape`. */
export interface HostTensor {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly data: Float32Array | Int32Array;
}

/** Sixteen-bit floating point: bfloat16, the upper half of an f32 number, or IEEE binary16. */
export type HalfDType = 'bfloat16' | 'float16';

/** A weight as its file holds it, bit patterns of sixteen bits. Programs read it as float32, which holds every such number exactly. */
export interface HalfTensor {
  readonly shape: Shape;
  readonly dtype: HalfDType;
  readonly data: Uint16Array;
}

export function isHalf(tensor: HostTensor | HalfTensor): tensor is HalfTensor {
  return tensor.dtype === 'bfloat16' || tensor.dtype === 'float16';
}

/** The same numbers in f32. */
export function widened({ shape, dtype, data }: HalfTensor): HostTensor {
  return { shape, dtype: 'float32', data: dtype === 'bfloat16' ? bfloat16ToFloat32(data) : float16ToFloat32(data) };
}

/** Number of elements of a shape; 1 for a scalar's []. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, dim) => product * dim, 1);
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}

/**
 * @param shape f32 shape; `data` is taken over, not copied. Plain arrays become Float32Array.
 * @throws {ShapeError} if the number of elements differs.
 */
export function float32(shape: Shape, data: Float32Array | readonly number[] = new Float32Array(sizeOf(shape))): HostTensor {
  return checked({ shape, dtype: 'float32', data: data instanceof Float32Array ? data : Float32Array.from(data) });
}

/** The same for i32. */
export function int32(shape: Shape, data: Int32Array | readonly number[] = new Int32Array(sizeOf(shape))): HostTensor {
  return checked({ shape, dtype: 'int32', data: data instanceof Int32Array ? data : Int32Array.from(data) });
}

/** The f32 elements of a tensor. @throws {ShapeError} if it holds integers. */
export function floats(tensor: HostTensor): Float32Array {
  if (tensor.data instanceof Float32Array) return tensor.data;
  throw new ShapeError(`expected float32 elements, got ${tensor.dtype} [${tensor.shape.join(', ')}]`);
}

function checked(tensor: HostTensor): HostTensor {
  if (sizeOf(tensor.shape) !== tensor.data.length) {
    throw new ShapeError(`shape [${tensor.shape.join(', ')}] needs ${sizeOf(tensor.shape)} elements, got ${tensor.data.length}`);
  }
  return tensor;
}
