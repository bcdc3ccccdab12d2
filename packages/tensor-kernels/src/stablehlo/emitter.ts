import { InternalError } from '@pharmacist/core';
import type { ConstantData, GraphDType } from '../graph/graph.ts';
import { sameShape, type Shape, sizeOf } from '../host-tensor.ts';

/** Element types of StableHLO that programs use: those of the graph, and bfloat16 for weights that are kept in sixteen bits. */
export type ElementType = 'f32' | 'bf16' | 'i32' | 'i64' | 'i1';

export const ELEMENT_TYPE: Record<GraphDType, ElementType> = { float32: 'f32', int32: 'i32', int64: 'i64', bool: 'i1' };

/** A value of the text: its name with its static type. */
export interface Term {
  readonly name: string;
  readonly shape: Shape;
  readonly type: ElementType;
}

/** How floating-point matrix products are computed: in f32 throughout, or from operands rounded to bfloat16 with sums in f32. */
export type MatMulPrecision = 'float32' | 'bfloat16';

/** Comparison directions of stablehlo.compare. */
export type Comparison = 'EQ' | 'NE' | 'GT' | 'GE' | 'LT' | 'LE';

/** Binary operations that reductions and scatters combine with. */
export type Combiner = 'add' | 'maximum' | 'minimum';

export interface DotDimensions {
  /** Axes of both operands that are walked together. */
  readonly batch: readonly (readonly [number, number])[];
  /** Axes of both operands that are summed over. */
  readonly contracting: readonly [number, number];
}

/** `tensor<2x3xf32>`. */
export function typeText({ shape, type }: Pick<Term, 'shape' | 'type'>): string {
  return `tensor<${[...shape, type].join('x')}>`;
}

/**
 * Writes the body of a StableHLO function (https://openxla.org/stablehlo/spec): one line an operation, each returning its result. Equal
 * conversions, broadcasts and constants are written once.
 */
export class Emitter {
  readonly precision: MatMulPrecision;
  readonly #lines: string[] = [];
  readonly #shared = new Map<string, Term>();
  #numTerms = 0;

  constructor(precision: MatMulPrecision = 'float32') {
    this.precision = precision;
  }

  /** The lines so far. */
  get body(): string {
    return this.#lines.join('\n');
  }

  get numOperations(): number {
    return this.#lines.length;
  }

  /** One operation with one result; `text` follows the `=`. */
  emit(text: string, shape: Shape, type: ElementType): Term {
    const term = { name: `%v${this.#numTerms++}`, shape: [...shape], type };
    this.#lines.push(`    ${term.name} = ${text}`);
    return term;
  }

  /** The first of some terms, which a compiler sees as a new one that needs all of them. */
  barrier(terms: readonly Term[]): Term {
    const [first] = terms as readonly [Term];
    const name = `%v${this.#numTerms++}`;
    const operands = terms.map((term) => term.name).join(', ');
    this.#lines.push(`    ${name}:${terms.length} = stablehlo.optimization_barrier ${operands} : ${terms.map(typeText).join(', ')}`);
    return { ...first, name: `${name}#0` };
  }

  /** A scalar or uniform constant. */
  fill(value: number, shape: Shape, type: ElementType): Term {
    const literal = literalOf(value, type);
    return this.#once(`fill ${literal} ${shape.join()} ${type}`, () =>
      this.emit(`stablehlo.constant dense<${literal}> : ${typeText({ shape, type })}`, shape, type),
    );
  }

  constant(data: ConstantData, shape: Shape, dtype: GraphDType): Term {
    const type = ELEMENT_TYPE[dtype];
    if ('fill' in data) return this.fill(data.fill, shape, type);
    if (sizeOf(shape) === 0) return this.emit(`stablehlo.constant dense<> : ${typeText({ shape, type })}`, shape, type);
    if (type === 'i1') {
      const numbers = this.constant({ values: Int32Array.from(data.values) }, shape, 'int32');
      return this.compare('NE', numbers, this.fill(0, shape, 'i32'));
    }
    return this.emit(`stablehlo.constant dense<"0x${hexOf(data.values, type)}"> : ${typeText({ shape, type })}`, shape, type);
  }

  convert(x: Term, type: ElementType): Term {
    if (x.type === type) return x;
    return this.#once(`convert ${x.name} ${type}`, () =>
      this.emit(`stablehlo.convert ${x.name} : (${typeText(x)}) -> ${typeText({ shape: x.shape, type })}`, x.shape, type),
    );
  }

  /** Bfloat16 is widened; every other type stays. */
  wide(x: Term): Term {
    return x.type === 'bf16' ? this.convert(x, 'f32') : x;
  }

  unary(name: string, x: Term): Term {
    return this.emit(`stablehlo.${name} ${x.name} : ${typeText(x)}`, x.shape, x.type);
  }

  /** Operands of one type whose shapes broadcast as NumPy's do. */
  binary(name: string, a: Term, b: Term, shape: Shape = a.shape): Term {
    const left = this.broadcast(a, shape);
    const right = this.broadcast(b, shape);
    return this.emit(`stablehlo.${name} ${left.name}, ${right.name} : ${typeText(left)}`, shape, a.type);
  }

  compare(direction: Comparison, a: Term, b: Term, shape: Shape = a.shape): Term {
    const left = this.broadcast(a, shape);
    const right = this.broadcast(b, shape);
    const kind = a.type === 'f32' ? 'FLOAT' : a.type === 'i1' ? 'UNSIGNED' : 'SIGNED';
    const types = `(${typeText(left)}, ${typeText(right)}) -> ${typeText({ shape, type: 'i1' })}`;
    return this.emit(`stablehlo.compare ${direction}, ${left.name}, ${right.name}, ${kind} : ${types}`, shape, 'i1');
  }

  select(condition: Term, a: Term, b: Term, shape: Shape = a.shape): Term {
    const [c, x, y] = [condition, a, b].map((term) => this.broadcast(term, shape)) as [Term, Term, Term];
    return this.emit(`stablehlo.select ${c.name}, ${x.name}, ${y.name} : ${typeText(c)}, ${typeText(x)}`, shape, a.type);
  }

  /** NumPy broadcasting: axes are aligned at the end. */
  broadcast(x: Term, shape: Shape): Term {
    const offset = shape.length - x.shape.length;
    return this.broadcastAlong(
      x,
      shape,
      x.shape.map((_, axis) => axis + offset),
    );
  }

  /** Axis i of `x` becomes axis `axes[i]`; axes of size 1 and new ones are repeated. */
  broadcastAlong(x: Term, shape: Shape, axes: readonly number[]): Term {
    if (sameShape(x.shape, shape)) return x;
    return this.#once(`broadcast ${x.name} ${shape.join()} ${axes.join()}`, () =>
      this.emit(
        `stablehlo.broadcast_in_dim ${x.name}, dims = [${axes.join(', ')}] : (${typeText(x)}) -> ${typeText({ shape, type: x.type })}`,
        shape,
        x.type,
      ),
    );
  }

  reshape(x: Term, shape: Shape): Term {
    if (sameShape(x.shape, shape)) return x;
    return this.emit(`stablehlo.reshape ${x.name} : (${typeText(x)}) -> ${typeText({ shape, type: x.type })}`, shape, x.type);
  }

  transpose(x: Term, permutation: readonly number[]): Term {
    const shape = permutation.map((axis) => x.shape[axis]!);
    const types = `(${typeText(x)}) -> ${typeText({ shape, type: x.type })}`;
    return this.emit(`stablehlo.transpose ${x.name}, dims = [${permutation.join(', ')}] : ${types}`, shape, x.type);
  }

  /** The box from `starts` up to `ends`. */
  slice(x: Term, starts: readonly number[], ends: readonly number[]): Term {
    const shape = starts.map((start, axis) => ends[axis]! - start);
    if (sameShape(shape, x.shape)) return x;
    const ranges = starts.map((start, axis) => `${start}:${ends[axis]}`).join(', ');
    return this.emit(`stablehlo.slice ${x.name} [${ranges}] : (${typeText(x)}) -> ${typeText({ shape, type: x.type })}`, shape, x.type);
  }

  concatenate(terms: readonly Term[], axis: number): Term {
    const first = terms[0]!;
    const shape = first.shape.with(
      axis,
      terms.reduce((sum, term) => sum + term.shape[axis]!, 0),
    );
    const operands = terms.map(({ name }) => name).join(', ');
    const types = `(${terms.map(typeText).join(', ')}) -> ${typeText({ shape, type: first.type })}`;
    return this.emit(`stablehlo.concatenate ${operands}, dim = ${axis} : ${types}`, shape, first.type);
  }

  iota(shape: Shape, axis: number, type: ElementType): Term {
    return this.#once(`iota ${shape.join()} ${axis} ${type}`, () =>
      this.emit(`stablehlo.iota dim = ${axis} : ${typeText({ shape, type })}`, shape, type),
    );
  }

  /** Combines along `axes`, which are dropped. */
  reduce(combiner: Combiner, x: Term, axes: readonly number[]): Term {
    const start = this.fill(combiner === 'add' ? 0 : combiner === 'maximum' ? lowest(x.type) : highest(x.type), [], x.type);
    const shape = x.shape.filter((_, axis) => !axes.includes(axis));
    const types = `(${typeText(x)}, ${typeText(start)}) -> ${typeText({ shape, type: x.type })}`;
    const head = `stablehlo.reduce(${x.name} init: ${start.name}) applies stablehlo.${combiner}`;
    return this.emit(`${head} across dimensions = [${axes.join(', ')}] : ${types}`, shape, x.type);
  }

  /** The same with the axes kept at size 1. */
  reduceKeeping(combiner: Combiner, x: Term, axes: readonly number[]): Term {
    return this.reshape(
      this.reduce(combiner, x, axes),
      x.shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim)),
    );
  }

  /**
   * A sum of products over one axis of each operand; the result has the batch axes, then the rest of `a`, then the rest of `b`, in f32.
   * Operands of bfloat16 are multiplied as they are and summed in f32; operands of f32 with every bit.
   */
  dot(a: Term, b: Term, { batch, contracting }: DotDimensions): Term {
    const rest = (term: Term, side: 0 | 1) =>
      term.shape.filter((_, axis) => axis !== contracting[side] && !batch.some((pair) => pair[side] === axis));
    const shape = [...batch.map(([axis]) => a.shape[axis]!), ...rest(a, 0), ...rest(b, 1)];
    const batching =
      batch.length === 0
        ? ''
        : `batching_dims = [${batch.map((pair) => pair[0]).join(', ')}] x [${batch.map((pair) => pair[1]).join(', ')}], `;
    const precision = a.type === 'bf16' ? 'DEFAULT' : 'HIGHEST';
    const dims = `${batching}contracting_dims = [${contracting[0]}] x [${contracting[1]}], precision = [${precision}, ${precision}]`;
    const types = `(${typeText(a)}, ${typeText(b)}) -> ${typeText({ shape, type: 'f32' })}`;
    return this.emit(`stablehlo.dot_general ${a.name}, ${b.name}, ${dims} : ${types}`, shape, 'f32');
  }

  #once(key: string, make: () => Term): Term {
    let term = this.#shared.get(key);
    if (term === undefined) {
      term = make();
      this.#shared.set(key, term);
    }
    return term;
  }
}

function lowest(type: ElementType): number {
  return type === 'f32' ? -Infinity : -(2 ** 31);
}

function highest(type: ElementType): number {
  return type === 'f32' ? Infinity : 2 ** 31 - 1;
}

/** A scalar as MLIR reads it back to the last bit. */
function literalOf(value: number, type: ElementType): string {
  if (type === 'i1') return value === 0 ? 'false' : 'true';
  if (type === 'i32' || type === 'i64') return String(Math.trunc(value));
  if (type === 'bf16') throw new InternalError('programs hold no constant of bfloat16');
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  return `0x${view.getUint32(0).toString(16).toUpperCase().padStart(8, '0')}`;
}

/** The elements' bytes, little-endian, as MLIR's hexadecimal form of dense elements wants them. */
function hexOf(values: ArrayLike<number>, type: ElementType): string {
  const typed =
    type === 'f32' ? Float32Array.from(values) : type === 'i32' ? Int32Array.from(values) : BigInt64Array.from(Array.from(values, BigInt));
  return Buffer.from(typed.buffer).toString('hex').toUpperCase();
}
