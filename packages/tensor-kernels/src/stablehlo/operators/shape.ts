import { typeText } from '../emitter.ts';
import { axisOf, constantOperand, operand, type OperatorTable } from './operator.ts';

/** Operations that move elements and compute nothing. */
export const shape: OperatorTable = {
  Reshape: (emitter, operation) => emitter.reshape(operand(emitter, operation, 0), operation.results[0]!.shape),

  /** The first operand as it is, not before the second is there, and as no other value to the compiler. */
  Barrier: (emitter, operation) => {
    const terms = operation.operands.flatMap((term, index) => (term === undefined ? [] : [operand(emitter, operation, index)]));
    return emitter.barrier(terms);
  },

  Transpose: (emitter, operation) => {
    const { ints } = operation.attributes['perm'] as { ints: readonly number[] };
    return emitter.transpose(operand(emitter, operation, 0), ints);
  },

  Expand: (emitter, operation) => emitter.broadcast(operand(emitter, operation, 0), operation.results[0]!.shape),

  Slice: (emitter, operation) => {
    const x = operand(emitter, operation, 0);
    const [begins, ends, axes] = [1, 2, 3].map((index) => constantOperand(operation, index)) as [
      readonly number[],
      readonly number[],
      readonly number[],
    ];
    const at = (values: readonly number[], axis: number, fallback: number) =>
      axes.includes(axis) ? values[axes.indexOf(axis)]! : fallback;
    return emitter.slice(
      x,
      x.shape.map((_, axis) => at(begins, axis, 0)),
      x.shape.map((dim, axis) => at(ends, axis, dim)),
    );
  },

  Split: (emitter, operation) => {
    const x = operand(emitter, operation, 0);
    const axis = axisOf(operation, x.shape.length);
    const sizes = constantOperand(operation, 1);
    let start = 0;
    return sizes.map((size) => {
      const starts = x.shape.map((_, i) => (i === axis ? start : 0));
      start += size;
      return emitter.slice(
        x,
        starts,
        x.shape.map((dim, i) => (i === axis ? start : dim)),
      );
    });
  },

  Concat: (emitter, operation) => {
    const terms = operation.operands.map((_, index) => operand(emitter, operation, index));
    return emitter.concatenate(terms, axisOf(operation, terms[0]!.shape.length));
  },

  Pad: (emitter, operation) => {
    const x = operand(emitter, operation, 0);
    const pads = constantOperand(operation, 1);
    const value = operand(emitter, operation, 2);
    const rank = x.shape.length;
    const result = operation.results[0]!;
    const edges = `low = [${pads.slice(0, rank).join(', ')}], high = [${pads.slice(rank).join(', ')}]`;
    const interior = `interior = [${x.shape.map(() => 0).join(', ')}]`;
    const types = `(${typeText(x)}, ${typeText(value)}) -> ${typeText(result)}`;
    return emitter.emit(`stablehlo.pad ${x.name}, ${value.name}, ${edges}, ${interior} : ${types}`, result.shape, result.type);
  },

  /** Each axis is split in (copies, elements): a broadcast and a reshape. */
  Tile: (emitter, operation) => {
    const x = operand(emitter, operation, 0);
    const repeats = constantOperand(operation, 1);
    const split = x.shape.flatMap((dim, axis) => [repeats[axis]!, dim]);
    const copies = emitter.broadcastAlong(
      x,
      split,
      x.shape.map((_, axis) => 2 * axis + 1),
    );
    return emitter.reshape(copies, operation.results[0]!.shape);
  },
};
