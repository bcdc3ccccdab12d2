import { sizeOf } from '../host-tensor.ts';
import type { GraphDType, Value } from './graph.ts';
import type { Schedule, ScheduledNode } from './passes.ts';

const BYTES: Record<GraphDType, number> = { float32: 4, int32: 4, int64: 8, bool: 1 };

/** Operators whose result is the memory of their first operand. */
const IS_VIEW = new Set(['Reshape', 'Barrier']);

/** Operators whose result ONNX Runtime writes over an operand of its size that nothing else needs. */
const IN_PLACE = new Set('Add Sub Mul Div Neg Exp Log Sqrt Reciprocal Abs Tanh Sigmoid Relu Erf Softmax LogSoftmax Cast Clip'.split(' '));

/**
 * Largest sum of bytes of intermediate values that are alive together, in schedule order, and of the results, whose memory is there from the start.
 * Reshapes cost nothing, constants that are made at run time count as values, and an element-wise operator takes over the memory of an operand that it is the last to read. An
 * estimate of a session's arena.
 */
export function peakActivationBytes({ nodes, results }: Schedule): number {
  const owners = ownersOf(nodes);
  const ownerOf = (value: Value) => owners.get(value) ?? value;
  const lastUse = new Map<Value, number>();
  nodes.forEach(({ inputs }, i) => inputs.forEach((value) => value !== undefined && lastUse.set(ownerOf(value), i)));
  const isResult = new Set(results.map(({ value }) => ownerOf(value)));
  let live = [...isResult].reduce((sum, value) => sum + bytesOf(value), 0);
  let peak = live;
  const endingAt = new Map<number, Value[]>();
  nodes.forEach(({ node, name, inputs, outputs }, i) => {
    if (node.kind === 'operation' || (node.constant !== undefined && 'fill' in node.constant)) {
      const ending = endingAt.get(i) ?? [];
      for (const value of outputs) {
        const end = lastUse.get(value);
        if (end === undefined || isResult.has(value) || ownerOf(value) !== value) continue;
        endingAt.set(end, [...(endingAt.get(end) ?? []), value]);
        const reused = IN_PLACE.has(name) ? ending.findIndex((old) => inputs.includes(old) && bytesOf(old) === bytesOf(value)) : -1;
        // The old value's bytes stay counted, as the new one's.
        if (reused >= 0) ending.splice(reused, 1);
        else live += bytesOf(value);
      }
      peak = Math.max(peak, live);
    }
    for (const value of endingAt.get(i) ?? []) live -= bytesOf(value);
  });
  return peak;
}

/** Of every reshaped value the one whose memory it is. */
function ownersOf(nodes: readonly ScheduledNode[]): Map<Value, Value> {
  const owners = new Map<Value, Value>();
  for (const { name, node, inputs, outputs } of nodes) {
    if (node.kind === 'operation' && IS_VIEW.has(name)) owners.set(outputs[0]!, owners.get(inputs[0]!) ?? inputs[0]!);
  }
  return owners;
}

function bytesOf({ shape, dtype, stored }: Value): number {
  return sizeOf(shape) * (stored === undefined ? BYTES[dtype] : 2);
}
