import { ShapeError } from '@pharmacist/core';

/** Element types that cross the border of an engine. */
export type DType = 'float32' | 'int32';

export type Shape = readonly number[];

/** A dense row-major tensor in the memory of this JavaScript thread. `data.length` is the product of `shape`. */
export interface HostTensor {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly data: Float32Array | Int32Array;
}

/** A weight as its file holds it: the upper halves of f32 numbers. Programs read it as float32. */
export interface HalfTensor {
  readonly shape: Shape;
  readonly dtype: 'bfloat16';
  readonly data: Uint16Array;
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
