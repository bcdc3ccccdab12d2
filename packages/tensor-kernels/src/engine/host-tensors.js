// @ts-check
// Tensors of ONNX Runtime in host memory; plain JavaScript, as session-worker.js is.
import * as ort from 'onnxruntime-node';

/** @param {readonly number[]} shape */
export const sizeOf = (shape) => shape.reduce((product, dim) => product * dim, 1);

/** @param {import('../host-tensor.ts').HostTensor} tensor @returns {ort.Tensor} */
export const toTensor = ({ dtype, data, shape }) => new ort.Tensor(dtype, /** @type {any} */ (data), [...shape]);

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
