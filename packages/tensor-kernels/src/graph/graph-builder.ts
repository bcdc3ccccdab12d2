import { ShapeError } from '@pharmacist/core';
import { sameShape, type Shape, sizeOf } from '../host-tensor.ts';
import { Graph, type Attributes, type GraphDType, MICROSOFT_DOMAIN, type RowRange, type Value } from './graph.ts';

/** ONNX element types (TensorProto.DataType). */
export const ONNX_DTYPE: Record<GraphDType, number> = { float32: 1, int32: 6, int64: 7, bool: 9 };

/** Execution providers of ONNX Runtime. */
export type Provider = 'cpu' | 'webgpu' | 'cuda';

/** What runs the graph; a lowering may avoid an operator that one of them computes wrongly. */
export type Target = Provider | 'pjrt';

/** NumPy broadcasting. @throws {ShapeError} if a dimension differs and neither side is 1. */
export function broadcastShapes(a: Shape, b: Shape): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a[a.length - rank + i] ?? 1;
    const y = b[b.length - rank + i] ?? 1;
    if (x !== y && x !== 1 && y !== 1) throw new ShapeError(`[${a.join(', ')}] and [${b.join(', ')}] do not broadcast`);
    return x === 1 ? y : x;
  });
}

/** ONNX operations with their shape rules; each method leaves out what would compute nothing. Shapes are static everywhere. */
export class GraphBuilder extends Graph {
  readonly provider: Target;

  constructor(provider: Target = 'cpu') {
    super();
    this.provider = provider;
  }

  one(
    name: string,
    inputs: readonly (Value | undefined)[],
    attributes: Attributes,
    shape: Shape,
    dtype: GraphDType,
    domain?: string,
  ): Value {
    return this.operation(name, inputs, attributes, [{ shape, dtype }], domain)[0]!;
  }

  /** A 1-D int64 constant, the form in which ONNX takes shapes and axes. */
  indices(values: readonly number[]): Value {
    return this.constant(values, [values.length], 'int64');
  }

  reshape(x: Value, shape: Shape): Value {
    if (sizeOf(x.shape) !== sizeOf(shape)) throw new ShapeError(`cannot reshape [${x.shape.join(', ')}] to [${shape.join(', ')}]`);
    const source = isOperation(x, 'Reshape') ? x.node.inputs[0]! : x;
    if (sameShape(source.shape, shape)) return source;
    const fill = fillOf(source);
    if (fill !== undefined) return this.fill(fill, shape, x.dtype);
    return this.one('Reshape', [source, this.indices(shape)], {}, shape, x.dtype);
  }

  transpose(x: Value, permutation: readonly number[]): Value {
    if (isOperation(x, 'Transpose')) {
      const inner = x.node.attributes['perm'] as { ints: readonly number[] };
      return this.transpose(
        x.node.inputs[0]!,
        permutation.map((axis) => inner.ints[axis]!),
      );
    }
    const shape = permutation.map((axis) => x.shape[axis]!);
    const moved = permutation.filter((axis) => x.shape[axis] !== 1);
    const keepsOrder = moved.every((axis, i) => i === 0 || moved[i - 1]! < axis);
    return keepsOrder ? this.reshape(x, shape) : this.one('Transpose', [x], { perm: { ints: permutation } }, shape, x.dtype);
  }

  cast(x: Value, dtype: GraphDType): Value {
    return x.dtype === dtype ? x : this.one('Cast', [x], { to: { int: ONNX_DTYPE[dtype] } }, x.shape, dtype);
  }

  expand(x: Value, shape: Shape): Value {
    if (sameShape(x.shape, shape)) return x;
    const fill = fillOf(x);
    if (fill !== undefined) return this.fill(fill, shape, x.dtype);
    return this.one('Expand', [x, this.indices(shape)], {}, shape, x.dtype);
  }

  unary(name: string, x: Value, dtype: GraphDType = x.dtype): Value {
    return this.one(name, [x], {}, x.shape, dtype);
  }

  /** An element-wise operation of two values that broadcast; neutral elements and needless expansions disappear. */
  binary(name: string, a: Value, b: Value, dtype: GraphDType = a.dtype): Value {
    const shape = broadcastShapes(a.shape, b.shape);
    const neutral = this.#withoutNeutral(name, a, b, shape);
    if (neutral !== undefined) return neutral;
    let left = a;
    let right = b;
    if (isOperation(left, 'Expand') && sameShape(broadcastShapes(left.node.inputs[0]!.shape, right.shape), shape))
      left = left.node.inputs[0]!;
    if (isOperation(right, 'Expand') && sameShape(broadcastShapes(left.shape, right.node.inputs[0]!.shape), shape))
      right = right.node.inputs[0]!;
    const rightFill = fillOf(right);
    const leftFill = fillOf(left);
    if (rightFill !== undefined && sameShape(left.shape, shape)) right = this.fill(rightFill, [], right.dtype);
    else if (leftFill !== undefined && sameShape(right.shape, shape)) left = this.fill(leftFill, [], left.dtype);
    return this.one(name, [left, right], {}, shape, dtype);
  }

  #withoutNeutral(name: string, a: Value, b: Value, shape: Shape): Value | undefined {
    const left = fillOf(a);
    const right = fillOf(b);
    if (name === 'Mul' && left === 1) return this.expand(b, shape);
    if (name === 'Mul' && right === 1) return this.expand(a, shape);
    if (name === 'Div' && right === 1) return this.expand(a, shape);
    if ((name === 'Add' || name === 'Sub') && right === 0) return this.expand(a, shape);
    if (name === 'Add' && left === 0) return this.expand(b, shape);
    return undefined;
  }

  /** ReduceSum, ReduceMean, ReduceMax or ReduceMin over `axes` (non-negative). */
  reduce(name: string, x: Value, axes: readonly number[], keepDims: boolean): Value {
    if (axes.length === 0) return x;
    const shape = x.shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim)).filter((_, axis) => keepDims || !axes.includes(axis));
    if (axes.every((axis) => x.shape[axis] === 1)) return this.reshape(x, shape);
    return this.one(name, [x, this.indices(axes)], { keepdims: { int: keepDims ? 1 : 0 } }, shape, x.dtype);
  }

  /** alpha * op(a) @ op(b), batch dimensions broadcast; the last two axes are transposed where asked, without a copy. */
  matMul(a: Value, b: Value, { transposeA = false, transposeB = false, alpha = 1 } = {}): Value {
    const [m, innerA] = lastTwo(a, transposeA);
    const [innerB, n] = lastTwo(b, transposeB);
    if (innerA !== innerB)
      throw new ShapeError(
        `matMul of [${a.shape.join(', ')}]${transposeA ? '^T' : ''} and [${b.shape.join(', ')}]${transposeB ? '^T' : ''}`,
      );
    const shape = [...broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2)), m, n];
    if (!transposeA && !transposeB && alpha === 1) return this.one('MatMul', [a, b], {}, shape, 'float32');
    const attributes = { alpha: { float: alpha }, transA: { int: transposeA ? 1 : 0 }, transB: { int: transposeB ? 1 : 0 } };
    return this.one('FusedMatMul', [a, b], attributes, shape, 'float32', MICROSOFT_DOMAIN);
  }

  slice(x: Value, begin: readonly number[], size: readonly number[]): Value {
    const axes = x.shape.map((_, axis) => axis).filter((axis) => size[axis] !== x.shape[axis]);
    if (axes.length === 0) return x;
    const fill = fillOf(x);
    if (fill !== undefined) return this.fill(fill, size, x.dtype);
    const starts = this.indices(axes.map((axis) => begin[axis]!));
    const ends = this.indices(axes.map((axis) => begin[axis]! + size[axis]!));
    return this.one('Slice', [x, starts, ends, this.indices(axes)], {}, size, x.dtype);
  }

  concat(values: readonly Value[], axis: number): Value {
    const [first] = values;
    if (values.length === 1) return first!;
    const shape = first!.shape.map((dim, i) => (i === axis ? values.reduce((sum, value) => sum + value.shape[axis]!, 0) : dim));
    return this.one('Concat', values, { axis: { int: axis } }, shape, first!.dtype);
  }
}

/** `size` divided into `number` ranges whose lengths differ by one at most. */
export function equalRanges(size: number, number: number): RowRange[] {
  const starts = Array.from({ length: number + 1 }, (_, i) => Math.round((i * size) / number));
  return starts.slice(0, -1).map((start, i) => ({ start, count: starts[i + 1]! - start }));
}

/** The one value of a uniform constant, else undefined. */
export function fillOf(value: Value): number | undefined {
  const constant = value.node.constant;
  return constant !== undefined && 'fill' in constant ? constant.fill : undefined;
}

function isOperation(value: Value, name: string): boolean {
  return value.node.kind === 'operation' && value.node.name === name;
}

function lastTwo(value: Value, isTransposed: boolean): [number, number] {
  const rows = value.shape.at(-2)!;
  const columns = value.shape.at(-1)!;
  return isTransposed ? [columns, rows] : [rows, columns];
}
