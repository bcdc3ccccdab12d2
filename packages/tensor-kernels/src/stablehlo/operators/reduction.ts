import { sizeOf } from '../../host-tensor.ts';
import type { Combiner, Emitter, Term } from '../emitter.ts';
import { axisOf, constantOperand, operand, type Operation, type Operator, type OperatorTable } from './operator.ts';

const reduction =
  (combiner: Combiner): Operator =>
  (emitter, operation) =>
    emitter.reshape(emitter.reduce(combiner, operand(emitter, operation, 0), constantOperand(operation, 1)), operation.results[0]!.shape);

/** Sums, means and extremes over axes, and what is made of them along one axis. */
export const reductions: OperatorTable = {
  ReduceSum: reduction('add'),
  ReduceMax: reduction('maximum'),
  ReduceMin: reduction('minimum'),

  ReduceMean: (emitter, operation) => {
    const x = operand(emitter, operation, 0);
    const { shape, type } = operation.results[0]!;
    const sum = emitter.reduce('add', x, constantOperand(operation, 1));
    const count = sizeOf(x.shape) / sizeOf(sum.shape);
    return emitter.reshape(emitter.binary('divide', sum, emitter.fill(count, sum.shape, type)), shape);
  },

  /** The smallest index at which the largest element stands. */
  ArgMax: (emitter, operation) => {
    const x = operand(emitter, operation, 0);
    const axis = axisOf(operation, x.shape.length, 0);
    const isLargest = emitter.compare('EQ', x, emitter.reduceKeeping('maximum', x, [axis]), x.shape);
    const none = emitter.fill(x.shape[axis]!, x.shape, 'i32');
    const index = emitter.select(isLargest, emitter.iota(x.shape, axis, 'i32'), none);
    const { shape, type } = operation.results[0]!;
    return emitter.convert(emitter.reshape(emitter.reduce('minimum', index, [axis]), shape), type);
  },

  Softmax: (emitter, operation) => {
    const { exponentials, axis, shape } = shiftedExponentials(emitter, operation);
    return emitter.binary('divide', exponentials, emitter.reduceKeeping('add', exponentials, [axis]), shape);
  },

  LogSoftmax: (emitter, operation) => {
    const { shifted, exponentials, axis, shape } = shiftedExponentials(emitter, operation);
    return emitter.binary('subtract', shifted, emitter.unary('log', emitter.reduceKeeping('add', exponentials, [axis])), shape);
  },
};

/** exp(x - max x) along the operation's axis: no exponential overflows. */
function shiftedExponentials(
  emitter: Emitter,
  operation: Operation,
): { shifted: Term; exponentials: Term; axis: number; shape: Term['shape'] } {
  const x = operand(emitter, operation, 0);
  const axis = axisOf(operation, x.shape.length);
  const shifted = emitter.binary('subtract', x, emitter.reduceKeeping('maximum', x, [axis]), x.shape);
  return { shifted, exponentials: emitter.unary('exponential', shifted), axis, shape: x.shape };
}
