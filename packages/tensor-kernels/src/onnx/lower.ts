import type { Attribute, ConstantData, GraphDType, NamedValue, RowRange, Value } from '../graph/graph.ts';
import { MICROSOFT_DOMAIN } from '../graph/graph.ts';
import { ONNX_DTYPE } from '../graph/graph-builder.ts';
import type { Schedule, ScheduledNode } from '../graph/passes.ts';
import { type HalfDType, type Shape, sizeOf } from '../host-tensor.ts';
import { ATTRIBUTE_TYPE, type AttributeProto, encodeModel, type NodeProto, type TensorProto, type ValueInfoProto } from './schema.ts';

export const OPSET = 21;
/** The first one with BitCast. */
const OPSET_OF_BITCAST = 26;
export const IR_VERSION = 10;
/** ONNX element types in which inputs of sixteen bits come: onnxruntime-node takes no bfloat16, so that its patterns are u16. */
const STORED_DTYPE: Record<HalfDType, number> = { bfloat16: 4, float16: 10 };
/** Larger uniform constants are made at run time (ConstantOfShape) instead of being stored. */
const MAX_STORED_FILL = 64;

export interface OnnxModel {
  readonly bytes: Uint8Array;
  /** Inputs that the results depend on; the others are not part of the model. */
  readonly inputs: readonly ModelInput[];
  readonly outputs: readonly { name: string; shape: Shape; dtype: GraphDType }[];
}

/** An input of the model: an input of the program, or rows of one. */
export interface ModelInput {
  /** In the model. */
  readonly tensorName: string;
  /** Of the program. */
  readonly name: string;
  readonly rows?: RowRange;
}

/** Writes a schedule as an ONNX model with static shapes. A result that is an input or a constant is copied out by an Identity node. */
export function lowerToOnnx({ nodes, results }: Schedule): OnnxModel {
  const names = resultNames(results);
  const nameOf = (value: Value): string => names.get(value) ?? (value.node.kind === 'input' ? inputName(value) : `%${value.id}`);
  const node: NodeProto[] = [];
  const initializer: TensorProto[] = [];
  const input: ValueInfoProto[] = [];
  const inputs: ModelInput[] = [];
  // ONNX Runtime orders nodes anew: depth first from the results, of several inputs the one first that is listed last. Listed backwards, a
  // schedule that was made depth first is run as it is (measured with its profiler), and what it keeps in memory is known beforehand.
  for (const scheduled of nodes.toReversed()) {
    const [first] = scheduled.outputs;
    if (scheduled.node.kind === 'input') {
      const { name, rows } = scheduled.node;
      inputs.push({ tensorName: nameOf(first!), name, ...(rows !== undefined && { rows }) });
      input.push(valueInfo(nameOf(first!), first!));
    } else if (scheduled.node.kind === 'constant') lowerConstant(nameOf(first!), first!, scheduled.node.constant!, node, initializer);
    else node.push(lowerOperation(scheduled, nameOf));
  }
  const taken = new Set(names.values());
  for (const { name, value } of results) {
    if (taken.has(outputName(name))) continue;
    node.push({ name: `copy_${name}`, opType: 'Identity', domain: '', input: [nameOf(value)], output: [outputName(name)], attribute: [] });
  }
  const bytes = encodeModel({
    irVersion: IR_VERSION,
    producerName: 'pharmacist',
    opsetImport: [
      { domain: '', version: node.some(({ opType }) => opType === 'BitCast') ? OPSET_OF_BITCAST : OPSET },
      { domain: MICROSOFT_DOMAIN, version: 1 },
    ],
    graph: { name: 'program', node, initializer, input, output: results.map(({ name, value }) => valueInfo(outputName(name), value)) },
  });
  return {
    bytes,
    inputs,
    outputs: results.map(({ name, value }) => ({ name, shape: value.shape, dtype: value.dtype })),
  };
}

/** Rows of an input are one of their own beside it. */
function inputName({ node: { name, rows } }: Value): string {
  return rows === undefined ? name : `${name}[${rows.start}:${rows.start + rows.count}]`;
}

/** Inputs and outputs of one program may share a name ("hidden" in, "hidden" out); in the model they must not. */
export function outputName(name: string): string {
  return `out:${name}`;
}

/** Results that operations compute are written straight under their output's name, once each. */
function resultNames(results: readonly NamedValue[]): Map<Value, string> {
  const names = new Map<Value, string>();
  for (const { name, value } of results) {
    if (value.node.kind === 'operation' && !names.has(value)) names.set(value, outputName(name));
  }
  return names;
}

function lowerOperation({ name, domain, attributes, inputs, outputs }: ScheduledNode, nameOf: (value: Value) => string): NodeProto {
  return {
    name: `${name}_${outputs[0]!.id}`,
    opType: name,
    domain,
    input: inputs.map((value) => (value === undefined ? '' : nameOf(value))),
    output: outputs.map(nameOf),
    attribute: Object.entries(attributes).map(([key, attribute]) => lowerAttribute(key, attribute)),
  };
}

function lowerAttribute(name: string, attribute: Attribute): AttributeProto {
  if ('int' in attribute) return { name, type: ATTRIBUTE_TYPE.int, i: attribute.int };
  if ('float' in attribute) return { name, type: ATTRIBUTE_TYPE.float, f: attribute.float };
  if ('text' in attribute) return { name, type: ATTRIBUTE_TYPE.text, s: new TextEncoder().encode(attribute.text) };
  return { name, type: ATTRIBUTE_TYPE.ints, ints: attribute.ints };
}

function lowerConstant(name: string, { shape, dtype }: Value, constant: ConstantData, node: NodeProto[], initializer: TensorProto[]): void {
  const size = sizeOf(shape);
  if (!('fill' in constant) || size <= MAX_STORED_FILL) {
    const values = 'fill' in constant ? Array<number>(size).fill(constant.fill) : constant.values;
    initializer.push({ name, dataType: ONNX_DTYPE[dtype], dims: shape, rawData: rawBytes(values, dtype) });
    return;
  }
  const shapeName = `${name}_shape`;
  initializer.push({ name: shapeName, dataType: ONNX_DTYPE.int64, dims: [shape.length], rawData: rawBytes(shape, 'int64') });
  const value: TensorProto = { name: '', dataType: ONNX_DTYPE[dtype], dims: [1], rawData: rawBytes([constant.fill], dtype) };
  const attribute = [{ name: 'value', type: ATTRIBUTE_TYPE.tensor, t: value }];
  node.push({ name: `fill_${name}`, opType: 'ConstantOfShape', domain: '', input: [shapeName], output: [name], attribute });
}

/** Little-endian bytes, as TensorProto.raw_data wants them. */
function rawBytes(values: ArrayLike<number>, dtype: GraphDType): Uint8Array {
  const typed =
    dtype === 'float32'
      ? new Float32Array(values)
      : dtype === 'int32'
        ? new Int32Array(values)
        : dtype === 'int64'
          ? BigInt64Array.from(Array.from(values, BigInt))
          : Uint8Array.from(values);
  return new Uint8Array(typed.buffer);
}

function valueInfo(name: string, { shape, dtype, stored }: Pick<Value, 'shape' | 'dtype' | 'stored'>): ValueInfoProto {
  const elemType = stored === undefined ? ONNX_DTYPE[dtype] : STORED_DTYPE[stored];
  return { name, type: { tensorType: { elemType, shape: { dim: shape.map((dimValue) => ({ dimValue })) } } } };
}
