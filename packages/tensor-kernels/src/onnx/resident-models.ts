import { ONNX_DTYPE } from '../graph/graph-builder.ts';
import type { DType } from '../host-tensor.ts';
import { IR_VERSION, OPSET } from './lower.ts';
import { encodeModel, type NodeProto, type TensorProto, type ValueInfoProto } from './schema.ts';

/** Which parts of the old tensor a splice keeps beside what is written. */
export const SPLICE_PARTS = ['before', 'after', 'both'] as const;
export type SpliceParts = (typeof SPLICE_PARTS)[number];

/** Models by which a worker keeps tensors on a device that it reaches through sessions only; each takes tensors of every shape. */
export interface ResidentModels {
  /** `x -> y`: carries a tensor to the device, or back. */
  readonly identity: Record<DType, Uint8Array>;
  /** `target, source, start?, end? -> y`: `target` with `source` from `start` up to `end` along axis 1 of 3 (i64 [1] each, where that part is kept). */
  readonly splice: Record<DType, Record<SpliceParts, Uint8Array>>;
}

export function residentModels(): ResidentModels {
  const splices = (dtype: DType) => Object.fromEntries(SPLICE_PARTS.map((parts) => [parts, splice(dtype, parts)]));
  return {
    identity: { float32: identity('float32'), int32: identity('int32') },
    splice: { float32: splices('float32'), int32: splices('int32') } as ResidentModels['splice'],
  };
}

function identity(dtype: DType): Uint8Array {
  return modelOf([operation('Identity', ['x'], 'y')], [], [anyShape('x', dtype)], dtype);
}

function splice(dtype: DType, parts: SpliceParts): Uint8Array {
  const [keepsBefore, keepsAfter] = [parts !== 'after', parts !== 'before'];
  const node = [
    ...(keepsBefore ? [operation('Slice', ['target', 'zero', 'start', 'axis'], 'before')] : []),
    ...(keepsAfter ? [operation('Slice', ['target', 'end', 'last', 'axis'], 'after')] : []),
  ];
  const pieces = [...(keepsBefore ? ['before'] : []), 'source', ...(keepsAfter ? ['after'] : [])];
  node.push({ ...operation('Concat', pieces, 'y'), attribute: [{ name: 'axis', type: 2, i: 1 }] });
  const initializer = [
    int64('axis', 1),
    ...(keepsBefore ? [int64('zero', 0)] : []),
    // Past every axis: Slice clamps it.
    ...(keepsAfter ? [int64('last', 2 ** 31 - 1)] : []),
  ];
  const input = [
    anyShape('target', dtype),
    anyShape('source', dtype),
    ...(keepsBefore ? [anyShape('start', 'int64')] : []),
    ...(keepsAfter ? [anyShape('end', 'int64')] : []),
  ];
  return modelOf(node, initializer, input, dtype);
}

function modelOf(node: NodeProto[], initializer: TensorProto[], input: ValueInfoProto[], dtype: DType): Uint8Array {
  return encodeModel({
    irVersion: IR_VERSION,
    producerName: 'pharmacist',
    opsetImport: [{ domain: '', version: OPSET }],
    graph: { name: 'resident', node, initializer, input, output: [anyShape('y', dtype)] },
  });
}

function operation(opType: string, input: string[], output: string): NodeProto {
  return { name: output, opType, domain: '', input, output: [output], attribute: [] };
}

/** Without a shape an ONNX value may have any rank and size. */
function anyShape(name: string, dtype: DType | 'int64'): ValueInfoProto {
  return { name, type: { tensorType: { elemType: ONNX_DTYPE[dtype] } } };
}

function int64(name: string, value: number): TensorProto {
  return { name, dataType: ONNX_DTYPE.int64, dims: [1], rawData: new Uint8Array(BigInt64Array.of(BigInt(value)).buffer) };
}
