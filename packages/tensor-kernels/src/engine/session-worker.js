// @ts-check
// Owns the ONNX Runtime sessions and, through a store, the resident tensors of one engine, off the main thread: session.run blocks the thread that calls it.
// Plain JavaScript, so that a worker can load it from source and from dist alike.
import { parentPort, workerData } from 'node:worker_threads';
import * as ort from 'onnxruntime-node';
import { deviceResidents } from './device-residents.js';
import { hostResidents } from './host-residents.js';
import { rowsOf, toTensor, zerosOf } from './host-tensors.js';

/** @typedef {import('./worker-protocol.ts').WorkerRequest} WorkerRequest */
/** @typedef {import('./worker-protocol.ts').SessionOutput} SessionOutput */
/** @typedef {import('../host-tensor.ts').HostTensor} HostTensor */

/** @type {{ provider: 'cpu' | 'webgpu' | 'cuda', numThreads: number, models?: import('../onnx/resident-models.ts').ResidentModels }} */
const { provider, numThreads, models } = workerData;
const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);

/** A product that takes over what its operand of one row is multiplied by packs the weight; off in all sessions, so that all round alike. */
const SCALE_FUSION = 'MatMulScaleFusion';

/** @type {ort.InferenceSession.SessionOptions} */
const sessionOptions = {
  executionProviders: [provider],
  intraOpNumThreads: numThreads,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  // A memory pattern plans one block for the largest shapes; without it the arena stays a third smaller at the same speed (measured).
  enableMemPattern: false,
  // Failures come back as errors; without this they are printed as well.
  logSeverityLevel: 4,
  // Waiting threads that spin cost nothing on a quiet machine (measured) and a fifth of the speed where other work wants the cores.
  extra: { session: { intra_op: { allow_spinning: '0' } }, optimization: { disable_specified_optimizers: SCALE_FUSION } },
};

/** Casts of one weight, and what is made again in a backward pass, are not made one, which would live from the first use to the last. */
const WITHOUT_SHARING = { disable_specified_optimizers: `${SCALE_FUSION};CommonSubexpressionElimination` };

/** @type {Map<number, { session: ort.InferenceSession, outputs: SessionOutput[] }>} */
const sessions = new Map();
const residents = models === undefined ? hostResidents() : deviceResidents(models, sessionOptions);

/** @param {readonly SessionOutput[]} outputs @returns {Record<string, 'cpu' | 'gpu-buffer'>} where a session with kept outputs leaves each */
const locationsOf = (outputs) => Object.fromEntries(outputs.map(({ tensorName, isKept }) => [tensorName, isKept ? 'gpu-buffer' : 'cpu']));

/** @param {Extract<WorkerRequest, { type: 'run' }>} request */
async function run({ session: id, feeds, writes }) {
  const entry = sessions.get(id);
  if (entry === undefined) throw new Error(`session ${id} was released`);
  const unknown = Object.keys(writes).filter((name) => !entry.outputs.some((output) => output.name === name));
  if (unknown.length > 0) throw new Error(`there is no output ${unknown.join(', ')} to write`);
  /** @type {Record<string, ort.Tensor>} */
  const inputs = {};
  for (const { name, tensor, resident, rows } of feeds) {
    if (tensor === undefined) inputs[name] = residents.feed(/** @type {number} */ (resident), rows);
    else inputs[name] = rows === undefined ? toTensor(tensor) : rowsOf(toTensor(tensor), rows);
  }
  /** @type {Record<string, ort.Tensor | null>} */
  const fetches = {};
  for (const { name, tensorName, shape, dtype, isKept } of entry.outputs) {
    const write = writes[name];
    if (write !== undefined) residents.assertFits(write.into, { type: dtype, dims: shape }, write.axis, write.start);
    // Memory of our own, so that it can be handed to the main thread without a copy.
    fetches[tensorName] = isKept ? null : toTensor(zerosOf(shape, dtype));
  }
  const results = await entry.session.run(inputs, fetches);
  /** @type {Record<string, HostTensor>} */
  const outputs = {};
  const transfer = [];
  for (const { name, tensorName, shape, dtype } of entry.outputs) {
    const tensor = /** @type {ort.Tensor} */ (results[tensorName]);
    const write = writes[name];
    if (write !== undefined) {
      await residents.write(write.into, tensor, write.axis, write.start);
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
        ...sessionOptions,
        enableCpuMemArena: request.hasArena,
        ...(request.sharesNothing && { extra: { ...sessionOptions.extra, optimization: WITHOUT_SHARING } }),
        ...(request.outputs.some(({ isKept }) => isKept) && { preferredOutputLocation: locationsOf(request.outputs) }),
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
      await residents.put(request.id, request.tensor);
      return { value: undefined };
    case 'zeros':
      await residents.put(request.id, zerosOf(request.shape, request.dtype));
      return { value: undefined };
    case 'get': {
      const tensor = await residents.get(request.id);
      return { value: tensor, transfer: [/** @type {ArrayBuffer} */ (tensor.data.buffer)] };
    }
    case 'drop':
      residents.drop(request.id);
      return { value: undefined };
    case 'run':
      return await run(request);
    case 'close': {
      await residents.close();
      for (const { session } of sessions.values()) await session.release();
      sessions.clear();
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
