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

/** @typedef {{ readonly type: string, readonly dims: readonly number[] }} TensorType */

/**
 * @param {TensorType} target @param {TensorType} source @param {number} axis @param {number} start
 * @throws if `source` does not lie within `target` at `start` along `axis`, every other axis equal.
 */
export function assertFits(target, source, axis, start) {
  const fits = (/** @type {number} */ dim, /** @type {number} */ i) =>
    i === axis ? start >= 0 && start + /** @type {number} */ (source.dims[i]) <= dim : dim === source.dims[i];
  if (source.type === target.type && source.dims.length === target.dims.length && target.dims.every(fits)) return;
  const [from, to] = [source, target].map(({ type, dims }) => `${type} [${dims.join(', ')}]`);
  throw new Error(`an output ${from} does not fit at ${start} along axis ${axis} of a resident tensor ${to}`);
}

/** @param {Map<number, ort.Tensor>} tensors @param {number} id */
export function residentOf(tensors, id) {
  const tensor = tensors.get(id);
  if (tensor === undefined) throw new Error(`resident tensor ${id} was released`);
  return tensor;
}
