// @ts-check
import * as ort from 'onnxruntime-node';
import { assertFits } from './assert-fits.js';
import { residentOf, sizeOf, toTensor, zerosOf } from './host-tensors.js';

/** @typedef {'float32' | 'int32'} DType */
/** @typedef {import('../host-tensor.ts').HostTensor} HostTensor */

/** After so many bytes the device is waited for. Buffers that were let go are freed when something waits for it and, without a download, nothing does (seen). */
const MAX_UNSETTLED_BYTES = 2 ** 26;

/**
 * Resident tensors in WebGPU buffers. ONNX Runtime has no call that uploads one, but a session whose outputs stay on the device returns
 * such a buffer, and every other session takes it: so an Identity node carries a tensor there, and back when it is asked for.
 * @param {import('../onnx/resident-models.ts').ResidentModels} models
 * @param {ort.InferenceSession.SessionOptions} options of the sessions that move tensors
 * @returns {import('./resident-store.ts').ResidentStore}
 */
export function deviceResidents(models, options) {
  /** @type {Map<number, ort.Tensor>} */
  const tensors = new Map();
  /** Made when first needed, by model. @type {Map<Uint8Array, ort.InferenceSession>} */
  const uploads = new Map();
  /** @type {Map<Uint8Array, ort.InferenceSession>} */
  const downloads = new Map();

  /** @param {Uint8Array} model @param {Record<string, ort.Tensor>} feeds @returns {Promise<ort.Tensor>} on the device */
  async function runThere(model, feeds) {
    const session = uploads.get(model) ?? (await ort.InferenceSession.create(model, { ...options, preferredOutputLocation: 'gpu-buffer' }));
    uploads.set(model, session);
    return /** @type {ort.Tensor} */ ((await session.run(feeds))['y']);
  }

  /** @param {ort.Tensor} tensor on the device, or not @param {HostTensor} result gets the values */
  async function download(tensor, result) {
    const model = models.identity[result.dtype];
    const session = downloads.get(model) ?? (await ort.InferenceSession.create(model, options));
    downloads.set(model, session);
    await session.run({ x: tensor }, { y: toTensor(result) });
  }

  let unsettledBytes = 0;
  /** @param {ort.Tensor} tensor that was made */
  async function settle({ dims }) {
    unsettledBytes += 4 * sizeOf(dims);
    if (unsettledBytes < MAX_UNSETTLED_BYTES) return;
    unsettledBytes = 0;
    const marker = zerosOf([1], 'float32');
    await download(toTensor(marker), marker);
  }

  /** @param {number} id @param {ort.Tensor} tensor */
  function replace(id, tensor) {
    tensors.get(id)?.dispose();
    tensors.set(id, tensor);
  }

  return {
    async put(id, tensor) {
      const made = await runThere(models.identity[/** @type {DType} */ (tensor.dtype)], { x: toTensor(tensor) });
      replace(id, made);
      await settle(made);
    },
    async get(id) {
      const tensor = residentOf(tensors, id);
      const result = zerosOf([...tensor.dims], /** @type {DType} */ (tensor.type));
      await download(tensor, result);
      return result;
    },
    feed: (id) => residentOf(tensors, id),
    assertFits: (id, source, axis, start) => assertFits(residentOf(tensors, id), source, axis, start),
    async write(id, source, axis, start) {
      const target = residentOf(tensors, id);
      const length = /** @type {number} */ (target.dims[axis]);
      const end = start + /** @type {number} */ (source.dims[axis]);
      if (end - start === length) {
        replace(id, source);
        await settle(source);
        return;
      }
      const parts = start === 0 ? 'after' : end === length ? 'before' : 'both';
      const feeds = {
        target: folded(target, axis),
        source: folded(source, axis),
        ...(start > 0 && { start: position(start) }),
        ...(end < length && { end: position(end) }),
      };
      try {
        const result = await runThere(models.splice[/** @type {DType} */ (target.type)][parts], feeds);
        replace(
          id,
          viewOf(result, target.dims, () => result.dispose()),
        );
        await settle(result);
      } finally {
        source.dispose();
      }
    },
    drop(id) {
      tensors.get(id)?.dispose();
      tensors.delete(id);
    },
    async close() {
      for (const tensor of tensors.values()) tensor.dispose();
      tensors.clear();
      for (const session of [...uploads.values(), ...downloads.values()]) await session.release();
      uploads.clear();
      downloads.clear();
    },
  };
}

/** The same buffer with all axes before `axis` as one and all after it as one. @param {ort.Tensor} tensor @param {number} axis */
function folded(tensor, axis) {
  const { dims } = tensor;
  return viewOf(tensor, [sizeOf(dims.slice(0, axis)), /** @type {number} */ (dims[axis]), sizeOf(dims.slice(axis + 1))]);
}

/**
 * The same buffer under other dimensions. A buffer is freed by `dispose` alone, never by the garbage collector.
 * @param {ort.Tensor} tensor @param {readonly number[]} dims of the same size @param {() => void} [dispose] makes the view the owner
 */
function viewOf(tensor, dims, dispose) {
  const dataType = /** @type {DType} */ (tensor.type);
  return ort.Tensor.fromGpuBuffer(tensor.gpuBuffer, { dataType, dims: [...dims], ...(dispose && { dispose }) });
}

/** @param {number} value */
const position = (value) => new ort.Tensor('int64', BigInt64Array.of(BigInt(value)), [1]);
