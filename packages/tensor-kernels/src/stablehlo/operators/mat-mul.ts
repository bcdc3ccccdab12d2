import type { Emitter, Term } from '../emitter.ts';
import { floatAttribute, intAttribute, type Operation, type Operator, type OperatorTable } from './operator.ts';

/**
 * alpha op(a) op(b) over batch axes that broadcast. A transposed operand is contracted over its other axis: nothing is moved. Where one
 * operand has no batch axes the other's are rows of one product.
 */
const matMul: Operator = (emitter, operation) => {
  const [a, b] = [0, 1].map((index) => factor(emitter, operation, index)) as [Term, Term];
  const isTransposedA = intAttribute(operation, 'transA', 0) === 1;
  const isTransposedB = intAttribute(operation, 'transB', 0) === 1;
  const { shape } = operation.results[0]!;
  const product = emitter.reshape(multiply(emitter, a, b, { isTransposedA, isTransposedB, batch: shape.slice(0, -2) }), shape);
  const alpha = floatAttribute(operation, 'alpha', 1);
  return alpha === 1 ? product : emitter.binary('multiply', product, emitter.fill(alpha, [], 'f32'), shape);
};

function multiply(
  emitter: Emitter,
  a: Term,
  b: Term,
  { isTransposedA, isTransposedB, batch }: { isTransposedA: boolean; isTransposedB: boolean; batch: readonly number[] },
): Term {
  if (b.shape.length === 2) {
    const rank = a.shape.length;
    const rows = isTransposedA ? emitter.transpose(a, [...a.shape.keys()].with(rank - 2, rank - 1).with(rank - 1, rank - 2)) : a;
    const isPlain = isTransposedA && rank === 2;
    return emitter.dot(isPlain ? a : rows, b, { batch: [], contracting: [isPlain ? 0 : rank - 1, isTransposedB ? 1 : 0] });
  }
  const rank = batch.length;
  const [left, right] = [a, b].map((term) => emitter.broadcast(term, [...batch, ...term.shape.slice(-2)])) as [Term, Term];
  return emitter.dot(left, right, {
    batch: batch.map((_, axis) => [axis, axis] as const),
    contracting: [isTransposedA ? rank : rank + 1, isTransposedB ? rank + 1 : rank],
  });
}

/** Bits of an f32 that a product in bfloat16 keeps; see Emitter.dot. */
function factor(emitter: Emitter, { operands }: Operation, index: number): Term {
  const term = operands[index]!;
  return emitter.precision === 'bfloat16' ? emitter.convert(term, 'bf16') : emitter.wide(term);
}

export const matMuls: OperatorTable = { MatMul: matMul, FusedMatMul: matMul };
