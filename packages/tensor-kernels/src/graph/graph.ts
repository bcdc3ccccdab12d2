import type { HalfDType, Shape } from '../host-tensor.ts';

/** Element types inside a graph; int64 and bool exist only between nodes. */
export type GraphDType = 'float32' | 'int32' | 'int64' | 'bool';

export type Attribute = { int: number } | { float: number } | { ints: readonly number[] } | { text: string };
export type Attributes = Readonly<Record<string, Attribute>>;

export type ConstantData = { readonly fill: number } | { readonly values: Float32Array | Int32Array | readonly number[] };

/** One result of a node. */
export interface Value {
  readonly id: number;
  readonly node: Node;
  readonly shape: Shape;
  readonly dtype: GraphDType;
  /** Its elements are still in sixteen bits, and are read through a Cast; see stored-inputs.ts. */
  readonly stored?: HalfDType;
  /** They are 2^exponent times the numbers that are meant. */
  readonly exponent?: number;
}

/** Rows of a tensor along its first axis. */
export interface RowRange {
  readonly start: number;
  readonly count: number;
}

/** What was at work when an operation was recorded; see recompute.ts. */
export interface Origin {
  /** Number of the part of a forward pass that may be made again: a block of a decoder. */
  readonly segment?: number;
  /** Number of the backward pass. */
  readonly sweep?: number;
  /** It makes a value a second time. */
  readonly isRepeat?: true;
}

/** An operation of ONNX (`domain` '' or 'com.microsoft'), a named input of the graph, or a constant. Nodes never change once made. */
export interface Node {
  readonly kind: 'operation' | 'input' | 'constant';
  /** ONNX operator, or the name of the input. */
  readonly name: string;
  readonly domain: string;
  readonly inputs: readonly (Value | undefined)[];
  readonly outputs: readonly Value[];
  readonly attributes: Attributes;
  readonly constant: ConstantData | undefined;
  /** Of an operation. */
  readonly origin?: Origin;
  /** Of an input: the rows of it that the value has, where not all. */
  readonly rows?: RowRange;
}

export interface ValueType {
  readonly shape: Shape;
  readonly dtype: GraphDType;
}

/** Named results of a traced program. */
export interface NamedValue {
  readonly name: string;
  readonly value: Value;
}

export const MICROSOFT_DOMAIN = 'com.microsoft';

/**
 * A static single-assignment graph under construction.
 *
 * Every operation is recorded once: asking again for the same operator on the same values with the same attributes returns the first
 * result (common-subexpression elimination), so that a gradient may repeat what the forward pass computed without paying for it.
 */
export class Graph {
  readonly #nodeByKey = new Map<string, Node>();
  readonly inputs: Value[] = [];
  /** Of what is recorded from now on. */
  origin: Origin = {};
  #numOrigins = 0;
  #numValues = 0;

  /** A number that no other origin of this graph has. */
  newOrigin(): number {
    return this.#numOrigins++;
  }

  input(name: string, shape: Shape, dtype: GraphDType): Value {
    const [value] = this.#node({ kind: 'input', name, domain: '', inputs: [], attributes: {}, constant: undefined }, [
      { shape, dtype },
    ]).outputs;
    this.inputs.push(value!);
    return value!;
  }

  /** A constant with one value everywhere; equal constants are shared. */
  fill(value: number, shape: Shape, dtype: GraphDType): Value {
    const key = `fill|${Object.is(value, -0) ? '-0' : value}|${dtype}|${shape.join()}`;
    return this.#shared(key, () => this.#constant({ fill: value }, { shape, dtype }));
  }

  /** A constant from elements in row-major order, shared when it is small; a uniform one becomes a fill. */
  constant(values: Float32Array | Int32Array | readonly number[], shape: Shape, dtype: GraphDType): Value {
    const first = values[0];
    if (first !== undefined && dtype !== 'int64' && isUniform(values)) return this.fill(first, shape, dtype);
    const make = () => this.#constant({ values: values.slice() }, { shape, dtype });
    return values.length <= 64 ? this.#shared(`values|${Array.from(values).join()}|${dtype}|${shape.join()}`, make) : make().outputs[0]!;
  }

  operation(
    name: string,
    inputs: readonly (Value | undefined)[],
    attributes: Attributes,
    outputs: readonly ValueType[],
    domain = '',
  ): readonly Value[] {
    const key = `${domain}.${name}|${inputs.map((value) => value?.id ?? '').join()}|${JSON.stringify(attributes)}|${outputs.map(typeKey).join(';')}`;
    let node = this.#nodeByKey.get(key);
    if (node === undefined) {
      node = this.#node({ kind: 'operation', name, domain, inputs, attributes, constant: undefined, origin: this.origin }, outputs);
      this.#nodeByKey.set(key, node);
    }
    return node.outputs;
  }

  #constant(constant: ConstantData, type: ValueType): Node {
    return this.#node({ kind: 'constant', name: 'Constant', domain: '', inputs: [], attributes: {}, constant }, [type]);
  }

  #shared(key: string, make: () => Node): Value {
    let node = this.#nodeByKey.get(key);
    if (node === undefined) {
      node = make();
      this.#nodeByKey.set(key, node);
    }
    return node.outputs[0]!;
  }

  #node(fields: Omit<Node, 'outputs'>, types: readonly ValueType[]): Node {
    const outputs: Value[] = [];
    const node: Node = { ...fields, outputs };
    for (const { shape, dtype } of types) outputs.push({ id: this.#numValues++, node, shape, dtype });
    return node;
  }
}

/** Whether all elements have the bits of the first. Large arrays are compared with themselves one element further, as memory. */
function isUniform(values: Float32Array | Int32Array | readonly number[]): boolean {
  for (let i = 1; i < Math.min(values.length, 64); i++) if (!Object.is(values[i], values[0])) return false;
  if (values.length <= 64) return true;
  if (!ArrayBuffer.isView(values)) return values.every((value) => Object.is(value, values[0]));
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return bytes.subarray(values.BYTES_PER_ELEMENT).equals(bytes.subarray(0, -values.BYTES_PER_ELEMENT));
}

function typeKey({ shape, dtype }: ValueType): string {
  return `${dtype}[${shape.join()}]`;
}
