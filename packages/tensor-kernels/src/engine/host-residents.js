// @ts-check
import { assertFits } from './assert-fits.js';
import { residentOf, rowsOf, sizeOf, toTensor } from './host-tensors.js';

/**
 * Resident tensors in the memory of the process: right for the CPU provider, which reads them where they lie. Other providers copy them
 * for each run.
 * @returns {import('./resident-store.ts').ResidentStore}
 */
export function hostResidents() {
  /** @type {Map<number, import('onnxruntime-node').Tensor>} */
  const tensors = new Map();
  return {
    async put(id, tensor) {
      tensors.set(id, toTensor(tensor));
    },
    async get(id) {
      const { dims, type, data } = residentOf(tensors, id);
      const dtype = /** @type {'float32' | 'int32' | 'float16' | 'bfloat16'} */ (type === 'uint16' ? 'bfloat16' : type);
      const copy = /** @type {Float32Array} */ (data).slice();
      // Newer Nodes keep f16 in a Float16Array.
      const patterns = () => new Uint16Array(copy.buffer);
      return /** @type {import('../host-tensor.ts').HostTensor} */ ({
        shape: [...dims],
        dtype,
        data: dtype === 'float16' ? patterns() : copy,
      });
    },
    feed: (id, rows) => (rows === undefined ? residentOf(tensors, id) : rowsOf(residentOf(tensors, id), rows)),
    assertFits: (id, source, axis, start) => assertFits(residentOf(tensors, id), source, axis, start),
    async write(id, source, axis, start) {
      const target = residentOf(tensors, id);
      const outer = sizeOf(target.dims.slice(0, axis));
      const inner = sizeOf(target.dims.slice(axis + 1));
      const targetRow = /** @type {number} */ (target.dims[axis]) * inner;
      const sourceRow = /** @type {number} */ (source.dims[axis]) * inner;
      const to = /** @type {Float32Array} */ (target.data);
      const from = /** @type {Float32Array} */ (source.data);
      for (let i = 0; i < outer; i++) to.set(from.subarray(i * sourceRow, (i + 1) * sourceRow), i * targetRow + start * inner);
    },
    drop(id) {
      tensors.delete(id);
    },
    async close() {
      tensors.clear();
    },
  };
}
