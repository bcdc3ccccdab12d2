import { sizeOf } from '../../host-tensor.ts';
import { type Emitter, type Term, typeText } from '../emitter.ts';
import { axisOf, constantOperand, operand, type Operator, type OperatorTable } from './operator.ts';

/** Below this many multiplications a sum by index is a matrix product, which every device adds up in one fixed order. */
const MAX_PRODUCT_SIZE = 2 ** 36;

/** zeros with row i of the updates added to row index[i]: what the kernel of segment sums asks for, in either form of ONNX. */
const scatterAdd: Operator = (emitter, operation) => {
  const updates = operand(emitter, operation, 2);
  const { shape } = operation.results[0]!;
  const numRows = updates.shape[0]!;
  const index = firstColumn(emitter, operand(emitter, operation, 1), numRows);
  if (updates.type === 'f32' && sizeOf(updates.shape) * shape[0]! <= MAX_PRODUCT_SIZE) {
    const flat = emitter.reshape(updates, [numRows, sizeOf(updates.shape) / numRows]);
    return emitter.reshape(emitter.dot(oneHot(emitter, index, shape[0]!), flat, { batch: [], contracting: [0, 0] }), shape);
  }
  const zeros = operand(emitter, operation, 0);
  const column = emitter.reshape(index, [numRows, 1]);
  const window = updates.shape.slice(1).map((_, axis) => axis + 1);
  const numbers = `#stablehlo.scatter<update_window_dims = [${window.join(', ')}], inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>`;
  const scalar = `tensor<${updates.type}>`;
  const combine = `^bb0(%a: ${scalar}, %b: ${scalar}): %s = stablehlo.add %a, %b : ${scalar} stablehlo.return %s : ${scalar}`;
  const types = `(${[zeros, column, updates].map(typeText).join(', ')}) -> ${typeText({ shape, type: updates.type })}`;
  const operands = [zeros, column, updates].map(({ name }) => name).join(', ');
  return emitter.emit(
    `"stablehlo.scatter"(${operands}) <{scatter_dimension_numbers = ${numbers}, indices_are_sorted = false, unique_indices = false}> ({ ${combine} }) : ${types}`,
    shape,
    updates.type,
  );
};

/** Rows, single elements and one-hot rows by index, and the sums that go back. */
export const indexing: OperatorTable = {
  /** The elements move as they are stored, and are widened afterwards: an embedding kept in sixteen bits is not copied whole. */
  Gather: (emitter, operation) => {
    const x = operation.operands[0]!;
    const index = operand(emitter, operation, 1);
    const axis = axisOf(operation, x.shape.length, 0);
    const { shape } = operation.results[0]!;
    const after = x.shape.length - axis - 1;
    const offsets = [...x.shape.slice(0, axis).keys(), ...Array.from({ length: after }, (_, i) => axis + index.shape.length + i)];
    const numbers = `#stablehlo.gather<offset_dims = [${offsets.join(', ')}], collapsed_slice_dims = [${axis}], start_index_map = [${axis}], index_vector_dim = ${index.shape.length}>`;
    const sizes = x.shape.map((dim, i) => (i === axis ? 1 : dim)).join(', ');
    const types = `(${typeText(x)}, ${typeText(index)}) -> ${typeText({ shape, type: x.type })}`;
    const gathered = emitter.emit(
      `"stablehlo.gather"(${x.name}, ${index.name}) <{dimension_numbers = ${numbers}, slice_sizes = array<i64: ${sizes}>, indices_are_sorted = false}> : ${types}`,
      shape,
      x.type,
    );
    return emitter.wide(gathered);
  },

  /** One element of each row, as the losses pick their targets: a masked sum, which fuses into what made the rows. */
  GatherElements: (emitter, operation) => {
    const x = operand(emitter, operation, 0);
    const index = operand(emitter, operation, 1);
    const [rows, columns] = x.shape as [number, number];
    const isPicked = oneHotCondition(emitter, emitter.reshape(index, [rows]), columns);
    const picked = emitter.select(isPicked, x, emitter.fill(0, x.shape, x.type));
    return emitter.reshape(emitter.reduce('add', picked, [1]), operation.results[0]!.shape);
  },

  ScatterElements: scatterAdd,
  ScatterND: scatterAdd,

  OneHot: (emitter, operation) => {
    const index = operand(emitter, operation, 0);
    const [off, on] = constantOperand(operation, 2) as [number, number];
    const { shape } = operation.results[0]!;
    const flat = oneHotCondition(emitter, emitter.reshape(index, [sizeOf(index.shape)]), shape.at(-1)!);
    const values = emitter.select(flat, emitter.fill(on, flat.shape, 'f32'), emitter.fill(off, flat.shape, 'f32'));
    return emitter.reshape(values, shape);
  },
};

/** [N, depth]: true where the column is the row's index. */
function oneHotCondition(emitter: Emitter, index: Term, depth: number): Term {
  const shape = [index.shape[0]!, depth];
  return emitter.compare('EQ', emitter.broadcastAlong(index, shape, [0]), emitter.iota(shape, 1, index.type), shape);
}

function oneHot(emitter: Emitter, index: Term, depth: number): Term {
  const condition = oneHotCondition(emitter, index, depth);
  return emitter.convert(condition, 'f32');
}

/** Indices of rows, [N], from [N, 1] or from an index that was expanded over the rows. */
function firstColumn(emitter: Emitter, index: Term, numRows: number): Term {
  const column = emitter.slice(
    index,
    index.shape.map(() => 0),
    index.shape.map((dim, axis) => (axis === 0 ? dim : 1)),
  );
  return emitter.reshape(column, [numRows]);
}
