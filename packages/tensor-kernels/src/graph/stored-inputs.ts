import type { InputType } from '../engine/engine.ts';
import { type HalfDType, type Shape, sizeOf } from '../host-tensor.ts';
import type { Attributes, GraphDType, Node, RowRange, Value } from './graph.ts';
import { equalRanges, ONNX_DTYPE } from './graph-builder.ts';
import type { Schedule, ScheduledNode } from './passes.ts';

/** ONNX element type of bfloat16 (TensorProto.DataType). */
const BFLOAT16 = 16;

/** f32 bytes of the piece of a weight that a product of few rows takes at a time: small enough for a core's cache. */
const CACHED_BYTES = 2 ** 22;
const FEW_ROWS = 64;
/** The same for many rows. */
const LARGEST_BYTES = 2 ** 23;
/** The C library keeps blocks of such a length for the next use, and asks the system for longer ones each time, which costs more than the widening (measured). */
const KEPT_BYTES = 2 ** 25;
/** Columns of a result for each thread. With fewer, matrix products of ONNX Runtime sum in another order: the last bits would differ from those of a whole weight. */
const ROWS_PER_THREAD = 128;
/** Products of ONNX Runtime sum over blocks of so many numbers and add one block after another to the result: parts of whole blocks, added in turn, give the same bits. */
const BLOCK_ROWS = 128;
/** Largest power of two that is moved from a weight to the other operand: exact for numbers from 2^-102 on. */
const MOST_MOVED_EXPONENT = 24;
/** Shorter inputs are cut by a Slice: a part of them saves nothing. */
const MIN_CUT_BYTES = 2 ** 20;

/** How the engine keeps an input: 2^exponent times its numbers. */
interface Kept {
  readonly stored: HalfDType;
  readonly exponent: number;
}

type Operator = Pick<ScheduledNode, 'name' | 'domain' | 'attributes'>;

export interface StoredInputs {
  /** Inputs that the engine keeps in sixteen bits. */
  readonly halves: ReadonlyMap<string, Kept>;
  readonly numThreads: number;
}

export function halvesOf(inputs: Readonly<Record<string, InputType>>): Map<string, Kept> {
  return new Map(
    Object.entries(inputs).flatMap(([name, { stored, exponent = 0 }]) => (stored === undefined ? [] : [[name, { stored, exponent }]])),
  );
}

/**
 * A schedule that reads what the engine keeps where it lies.
 *
 * An input of sixteen bits is widened where it is used, by a Cast of its own for each use: shared, it would stay in memory as f32 from the first
 * use to the last. Rows are gathered before they are widened, and a weight that multiplies from the right is taken in pieces of its rows, so
 * that a long one is never there whole: each gives some columns of x W^T, and a term of x W. ONNX Runtime takes no bfloat16 from outside: such an input is declared as u16, and a BitCast, which copies, says what it is.
 * Where f16 holds 2^exponent times the numbers (scaled-float16.ts), a product or the other operand is multiplied by 2^-exponent, which changes no bit. Anything else
 * is multiplied once it is widened, and so are weights of unusual size, for which the other operand could become too small for a normal number.
 *
 * Rows cut from a long input (a Slice along the first axis) become an input of their own, a view of the same memory.
 */
export function readStored({ nodes, results }: Schedule, { halves, numThreads }: StoredInputs): Schedule {
  const read: ScheduledNode[] = [];
  const replaced = new Map<Value, Value>();
  const parts = new Map<string, Value>();
  let numValues = nodes.reduce((most, { outputs }) => Math.max(most, ...outputs.map(({ id }) => id)), 0) + 1;
  const resolve = (value: Value) => replaced.get(value) ?? value;

  const newValue = (fields: Omit<Node, 'outputs'>, shape: Shape, kept?: Kept, dtype: GraphDType = 'float32'): Value => {
    const outputs: Value[] = [];
    const node: Node = { ...fields, outputs };
    outputs.push({ id: numValues++, node, shape, dtype, ...kept });
    return outputs[0]!;
  };
  const push = (node: Node, inputs: readonly (Value | undefined)[], outputs = node.outputs) => {
    const { name, domain, attributes } = node;
    read.push({ node, name, domain, attributes, inputs, outputs });
  };
  /** A new operation of f32, written into `into` where that is given. */
  const operate = (operator: Operator, inputs: readonly Value[], shape: Shape, kept?: Kept, into?: Value): Value => {
    const value = newValue({ kind: 'operation', ...operator, inputs, constant: undefined }, shape, kept);
    push(value.node, inputs, [into ?? value]);
    return into ?? value;
  };
  const emit = (name: string, inputs: readonly Value[], attributes: Attributes, shape: Shape, kept?: Kept, into?: Value): Value =>
    operate({ name, domain: '', attributes }, inputs, shape, kept, into);
  /** What is kept in f32, for one use. */
  const cast = (value: Value, into?: Value): Value => {
    const { shape, stored } = value;
    if (stored === undefined) return value;
    const typed = stored === 'bfloat16' ? emit('BitCast', [value], { to: { int: BFLOAT16 } }, shape, keptAs(value)) : value;
    return emit('Cast', [typed], { to: { int: ONNX_DTYPE.float32 } }, shape, undefined, into);
  };
  /** The numbers that are meant, in f32. */
  const widen = (value: Value, into?: Value): Value => {
    const { shape, exponent = 0 } = value;
    return exponent === 0 ? cast(value, into) : emit('Mul', [cast(value), number(2 ** -exponent)], {}, shape, undefined, into);
  };
  /** `count` rows of an input, or of a part of one, as an input of their own. */
  const part = (value: Value, { start, count }: RowRange): Value => {
    const { node, shape } = value;
    const rows = { start: start + (node.rows?.start ?? 0), count };
    const key = `${node.name}:${rows.start}:${count}`;
    let found = parts.get(key);
    if (found === undefined) {
      const { kind, name, domain, inputs, attributes, constant } = node;
      found = newValue({ kind, name, domain, inputs, attributes, constant, rows }, [count, ...shape.slice(1)], keptAs(value));
      parts.set(key, found);
    }
    return found;
  };
  const constantOf = (value: number, shape: Shape, dtype: GraphDType): Value => {
    const constant = { kind: 'constant', name: 'Constant', domain: '', inputs: [], attributes: {}, constant: { values: [value] } } as const;
    const made = newValue(constant, shape, undefined, dtype);
    push(made.node, []);
    return made;
  };
  const number = (value: number) => constantOf(value, [], 'float32');
  const index = (value: number) => constantOf(value, [1], 'int64');
  /** `count` columns, a copy. */
  const columns = (value: Value, { start, count }: RowRange): Value => {
    const bounds = [index(start), index(start + count), index(1)];
    return emit('Slice', [value, ...bounds], {}, [value.shape[0]!, count], keptAs(value));
  };

  for (const scheduled of nodes) {
    const { node, name, outputs } = scheduled;
    if (node.kind === 'input') {
      const kept = halves.get(name);
      if (kept !== undefined) replaced.set(outputs[0]!, newValue({ ...node, inputs: [] }, outputs[0]!.shape, kept));
      continue;
    }
    const inputs = scheduled.inputs.map((value) => value && resolve(value));
    const [first, second] = inputs;
    const cut = cutRows(scheduled, first);
    if (cut !== undefined) {
      replaced.set(outputs[0]!, part(first!, cut));
      continue;
    }
    if (inputs.every((value) => value?.stored === undefined)) {
      read.push({ ...scheduled, inputs });
      continue;
    }
    if (name === 'Gather' && first!.stored !== undefined && second!.stored === undefined) {
      widen(emit('Gather', [first!, second!], scheduled.attributes, outputs[0]!.shape, keptAs(first!)), outputs[0]!);
      continue;
    }
    if (!isProduct(scheduled) || second?.stored === undefined || Math.abs(second.exponent ?? 0) > MOST_MOVED_EXPONENT) {
      read.push({ ...scheduled, inputs: inputs.map((value) => value && widen(value)) });
      continue;
    }
    const product = outputs[0]!;
    const { exponent = 0 } = second;
    const dividesLeft = exponent !== 0 && (name === 'MatMul' || isOneRow(first!));
    const left = dividesLeft ? emit('Mul', [widen(first!), number(2 ** -exponent)], {}, first!.shape) : widen(first!);
    const operator = unscaled(scheduled, dividesLeft ? 0 : exponent);
    const pieces = piecesOf(scheduled, second, numThreads);
    if (pieces.length <= 1) {
      read.push({ ...scheduled, ...operator, inputs: [left, cast(second)] });
      continue;
    }
    if (isTransposed(scheduled)) {
      const products = pieces.map((range) =>
        operate(operator, [left, cast(part(second, range))], [...product.shape.slice(0, -1), range.count]),
      );
      emit('Concat', products, { axis: { int: product.shape.length - 1 } }, product.shape, undefined, product);
      continue;
    }
    const toSum = { name: 'Gemm', domain: '', attributes: { alpha: operator.attributes['alpha'] ?? { float: 1 } } };
    let sum: Value | undefined;
    for (const range of pieces) {
      const factors = [columns(left, range), cast(part(second, range))];
      const into = range === pieces.at(-1) ? product : undefined;
      sum = operate(sum === undefined ? operator : toSum, sum === undefined ? factors : [...factors, sum], product.shape, undefined, into);
    }
  }
  const widened = results.map(({ name, value }) => ({ name, value: widen(resolve(value)) }));
  return { nodes: [...usedInputs(read, widened), ...read], results: widened };
}

/** The rows that a Slice takes from an input of the graph, if it takes rows only. */
function cutRows({ node, name, inputs, outputs }: ScheduledNode, source: Value | undefined): RowRange | undefined {
  if (name !== 'Slice' || source?.node.kind !== 'input' || node.kind !== 'operation') return undefined;
  if (source.stored === undefined && 4 * sizeOf(source.shape) < MIN_CUT_BYTES) return undefined;
  const [starts, axes] = [inputs[1]!, inputs[3]!].map(({ node: { constant } }) =>
    constant && 'values' in constant ? constant.values : [],
  );
  return axes!.length === 1 && axes![0] === 0 ? { start: starts![0]!, count: outputs[0]!.shape[0]! } : undefined;
}

function keptAs({ stored, exponent = 0 }: Value): Kept | undefined {
  return stored === undefined ? undefined : { stored, exponent };
}

function isProduct({ name }: ScheduledNode): boolean {
  return name === 'MatMul' || name === 'FusedMatMul';
}

/** ONNX Runtime multiplies one row without packing the weight, if alpha is 1. */
function isOneRow({ shape }: Value): boolean {
  return sizeOf(shape.slice(0, -1)) === 1;
}

/**
 * A product with a weight that is 2^exponent times too large. (A plain MatMul has to stay one: ONNX Runtime joins it with the Add behind it, which saves a pass and
 * rounds otherwise.)
 */
function unscaled({ name, domain, attributes }: ScheduledNode, exponent: number): Operator {
  if (exponent === 0) return { name, domain, attributes };
  const { float: alpha } = (attributes['alpha'] ?? { float: 1 }) as { float: number };
  return { name, domain, attributes: { ...attributes, alpha: { float: alpha * 2 ** -exponent } } };
}

/** Whether a product a b^T reads its weight b by rows. */
function isTransposed({ attributes }: ScheduledNode): boolean {
  return (attributes['transB'] as { int: number } | undefined)?.int === 1;
}

/** Rows of the pieces in which a product takes its weight; none or one where it is read whole. */
function piecesOf(product: ScheduledNode, { shape }: Value, numThreads: number): RowRange[] {
  const { inputs, outputs, attributes } = product;
  const isLeftTransposed = (attributes['transA'] as { int: number } | undefined)?.int === 1;
  if (shape.length !== 2 || inputs[0]!.shape.length !== 2 || isLeftTransposed) return [];
  const [rows, columns] = shape as [number, number];
  if (isTransposed(product)) {
    const bytes = outputs[0]!.shape[0]! <= FEW_ROWS ? CACHED_BYTES : LARGEST_BYTES;
    const most = Math.max(Math.floor(bytes / (4 * columns)), ROWS_PER_THREAD * numThreads);
    return equalRanges(rows, Math.ceil(rows / most));
  }
  // Each term goes through the whole result once more: a weight that the C library keeps is left whole.
  if (4 * rows * columns <= KEPT_BYTES) return [];
  const most = BLOCK_ROWS * Math.max(1, Math.floor(LARGEST_BYTES / (4 * columns * BLOCK_ROWS)));
  return Array.from({ length: Math.ceil(rows / most) }, (_, i) => ({ start: i * most, count: Math.min(most, rows - i * most) }));
}

/** Inputs that the operations read, each once. */
function usedInputs(nodes: readonly ScheduledNode[], results: Schedule['results']): ScheduledNode[] {
  const values = [...nodes.flatMap(({ inputs }) => inputs), ...results.map(({ value }) => value)];
  const used = new Set(values.flatMap((value) => (value?.node.kind === 'input' ? [value] : [])));
  return [...used].map((value) => {
    const { node } = value;
    return { node, name: node.name, domain: node.domain, attributes: node.attributes, inputs: [], outputs: [value] };
  });
}
