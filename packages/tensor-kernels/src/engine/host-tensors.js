// @ts-check
// Tensors of ONNX Runtime in host memory; plain JavaScript, as session-worker.js is.
import * as ort from 'onnxruntime-node';

/** @param {readonly number[]} shape */
export const sizeOf = (shape) => shape.reduce((product, dim) => product * dim, 1);

/** bfloat16 comes as u16 patterns: onnxruntime-node has no such type. @param {import('../host-tensor.ts').HostTensor | import('../host-tensor.ts').HalfTensor} tensor @returns {ort.Tensor} */
export const toTensor = ({ dtype, data, shape }) =>
  new ort.Tensor(dtype === 'bfloat16' ? 'uint16' : dtype, /** @type {any} */ (data), [...shape]);

/** Rows of a tensor along its first axis, as a view. @param {ort.Tensor} tensor @param {import('../graph/graph.ts').RowRange} rows @returns {ort.Tensor} */
export const rowsOf = ({ type, data, dims }, { start, count }) => {
  const size = sizeOf(dims.slice(1));
  const view = /** @type {Float32Array} */ (data).subarray(start * size, (start + count) * size);
  return new ort.Tensor(/** @type {'float32'} */ (type), view, [count, ...dims.slice(1)]);
};

/** @param {readonly number[]} shape @param {import('../host-tensor.ts').DType} dtype @returns {import('../host-tensor.ts').HostTensor} */
export const zerosOf = (shape, dtype) => {
  const size = sizeOf(shape);
  return { shape, dtype, data: dtype === 'float32' ? new Float32Array(size) : new Int32Array(size) };
};

/** @param {Map<number, ort.Tensor>} tensors @param {number} id */
export function residentOf(tensors, id) {
  const tensor = tensors.get(id);
  if (tensor === undefined) throw new Error(`resident tensor ${id} was released`);
  return tensor;
}
