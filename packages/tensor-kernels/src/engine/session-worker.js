// @ts-check
// Owns the ONNX Runtime sessions and the resident tensors of one engine, off the main thread: session.run blocks the thread that calls it.
// Plain JavaScript, so that a worker can load it from source and from dist alike.
import { parentPort, workerData } from 'node:worker_threads';
import * as ort from 'onnxruntime-node';

/** @typedef {import('./worker-protocol.ts').WorkerRequest} WorkerRequest */
/** @typedef {import('./worker-protocol.ts').Feed} Feed */
/** @typedef {import('../host-tensor.ts').HostTensor} HostTensor */

/** @type {{ provider: 'cpu' | 'webgpu' | 'cuda', numThreads: number }} */
const { provider, numThreads } = workerData;
const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);

/** @type {Map<number, { session: ort.InferenceSession, outputs: { name: string, tensorName: string, shape: number[], dtype: 'float32' | 'int32' }[] }>} */
const sessions = new Map();
/** @type {Map<number, ort.Tensor>} */
const residents = new Map();

/** @param {readonly number[]} shape */
const sizeOf = (shape) => shape.reduce((product, dim) => product * dim, 1);

/** @param {'float32' | 'int32'} dtype @param {number} size */
const allocate = (dtype, size) => (dtype === 'float32' ? new Float32Array(size) : new Int32Array(size));

/** @param {HostTensor} tensor @returns {ort.Tensor} */
const toTensor = ({ dtype, data, shape }) => new ort.Tensor(dtype, /** @type {any} */ (data), [...shape]);

/** @param {number} id */
function resident(id) {
  const tensor = residents.get(id);
  if (tensor === undefined) throw new Error(`resident tensor ${id} was released`);
  return tensor;
}

/**
 * Copies `source` into `target` at `start` along `axis`; every other axis is equal.
 * @param {ort.Tensor} target @param {ort.Tensor} source @param {number} axis @param {number} start
 */
function writeSlice(target, source, axis, start) {
  const fits = (/** @type {number} */ dim, /** @type {number} */ i) =>
    i === axis ? start >= 0 && start + /** @type {number} */ (source.dims[i]) <= dim : dim === source.dims[i];
  if (source.type !== target.type || source.dims.length !== target.dims.length || !target.dims.every(fits)) {
    const [from, to] = [source, target].map(({ type, dims }) => `${type} [${dims.join(', ')}]`);
    throw new Error(`an output ${from} does not fit at ${start} along axis ${axis} of a resident tensor ${to}`);
  }
  const outer = sizeOf(target.dims.slice(0, axis));
  const inner = sizeOf(target.dims.slice(axis + 1));
  const targetRow = /** @type {number} */ (target.dims[axis]) * inner;
  const sourceRow = /** @type {number} */ (source.dims[axis]) * inner;
  const to = /** @type {Float32Array} */ (target.data);
  const from = /** @type {Float32Array} */ (source.data);
  for (let i = 0; i < outer; i++) to.set(from.subarray(i * sourceRow, (i + 1) * sourceRow), i * targetRow + start * inner);
}

/** @param {Extract<WorkerRequest, { type: 'run' }>} request */
async function run({ session: id, feeds, writes }) {
  const entry = sessions.get(id);
  if (entry === undefined) throw new Error(`session ${id} was released`);
  const unknown = Object.keys(writes).filter((name) => !entry.outputs.some((output) => output.name === name));
  if (unknown.length > 0) throw new Error(`there is no output ${unknown.join(', ')} to write`);
  /** @type {Record<string, ort.Tensor>} */
  const inputs = {};
  for (const { name, tensor, resident: residentId } of feeds)
    inputs[name] = tensor === undefined ? resident(/** @type {number} */ (residentId)) : toTensor(tensor);
  /** @type {Record<string, ort.Tensor>} */
  const fetches = {};
  // Memory of our own, so that it can be handed to the main thread without a copy.
  for (const { tensorName, shape, dtype } of entry.outputs)
    fetches[tensorName] = toTensor({ dtype, shape, data: allocate(dtype, sizeOf(shape)) });
  const results = await entry.session.run(inputs, fetches);
  /** @type {Record<string, HostTensor>} */
  const outputs = {};
  const transfer = [];
  for (const { name, tensorName, shape, dtype } of entry.outputs) {
    const tensor = /** @type {ort.Tensor} */ (results[tensorName]);
    const write = writes[name];
    if (write !== undefined) {
      writeSlice(resident(write.into), tensor, write.axis, write.start);
      continue;
    }
    const data = /** @type {Float32Array | Int32Array} */ (tensor.data);
    outputs[name] = { shape, dtype, data };
    transfer.push(/** @type {ArrayBuffer} */ (data.buffer));
  }
  return { value: outputs, transfer };
}

/** @param {WorkerRequest} request @returns {Promise<{ value: unknown, transfer?: ArrayBuffer[] }>} */
async function handle(request) {
  switch (request.type) {
    case 'create': {
      const session = await ort.InferenceSession.create(request.model, {
        executionProviders: [provider],
        intraOpNumThreads: numThreads,
        interOpNumThreads: 1,
        executionMode: 'sequential',
        graphOptimizationLevel: 'all',
        // A memory pattern plans one block for the largest shapes; without it the arena stays a third smaller at the same speed (measured).
        enableMemPattern: false,
        enableCpuMemArena: request.hasArena,
        // Failures come back as errors; without this they are printed as well.
        logSeverityLevel: 4,
        // Waiting threads that spin cost nothing on a quiet machine (measured) and a fifth of the speed where other work wants the cores.
        extra: { session: { intra_op: { allow_spinning: '0' } } },
      });
      sessions.set(request.session, { session, outputs: request.outputs });
      return { value: undefined };
    }
    case 'release': {
      await sessions.get(request.session)?.session.release();
      sessions.delete(request.session);
      return { value: undefined };
    }
    case 'put':
      residents.set(request.id, toTensor(request.tensor));
      return { value: undefined };
    case 'zeros':
      residents.set(
        request.id,
        toTensor({ shape: request.shape, dtype: request.dtype, data: allocate(request.dtype, sizeOf(request.shape)) }),
      );
      return { value: undefined };
    case 'get': {
      const tensor = resident(request.id);
      const data = /** @type {Float32Array | Int32Array} */ (tensor.data).slice();
      return { value: { shape: [...tensor.dims], dtype: tensor.type, data }, transfer: [/** @type {ArrayBuffer} */ (data.buffer)] };
    }
    case 'drop':
      residents.delete(request.id);
      return { value: undefined };
    case 'run':
      return await run(request);
    case 'close': {
      for (const { session } of sessions.values()) await session.release();
      sessions.clear();
      residents.clear();
      return { value: undefined };
    }
  }
}

// One request after another: a session must not be released, nor a resident tensor written, while a run uses it.
let queue = Promise.resolve();
port.on('message', (/** @type {{ call: number, request: WorkerRequest }} */ { call, request }) => {
  queue = queue.then(async () => {
    try {
      const { value, transfer } = await handle(request);
      port.postMessage({ call, value }, transfer ?? []);
    } catch (error) {
      port.postMessage({ call, error: error instanceof Error ? error.message : String(error) });
    }
  });
});
