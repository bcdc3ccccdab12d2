// @ts-check
// Owns the PJRT client, its executables and buffers of one engine, off the main thread: every call of the C interface blocks.
// Plain JavaScript, so that a worker can load it from source and from dist alike.
import { parentPort, workerData } from 'node:worker_threads';
import { preload } from '../pjrt/api.js';
import { PjrtClient } from '../pjrt/client.js';

/** @typedef {import('./pjrt-protocol.ts').PjrtRequest} PjrtRequest */
/** @typedef {import('./pjrt-protocol.ts').StoredType} StoredType */

/** @type {{ plugin: string, libraries: string[], clientOptions: Record<string, number | boolean>, numDevices: number }} */
const { plugin, libraries, clientOptions, numDevices } = workerData;

/** The devices that share the work. */
const devices = Array.from({ length: numDevices }, (_, device) => device);
const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);

/** @type {PjrtClient | undefined} */
let opened;
/** @type {Map<number, bigint>} */
const executables = new Map();
/** Of each device one buffer. @type {Map<number, { buffers: bigint[], shape: readonly number[], stored: StoredType }>} */
const residents = new Map();

function client() {
  if (opened === undefined) {
    preload(libraries);
    opened = new PjrtClient(plugin, clientOptions);
    if (opened.numDevices < numDevices) throw new Error(`${numDevices} devices were asked for, and there are ${opened.numDevices}`);
  }
  return opened;
}

/** @param {readonly number[]} shape */
const sizeOf = (shape) => shape.reduce((product, dim) => product * dim, 1);

/** @param {StoredType} stored @param {number} size */
function allocate(stored, size) {
  if (stored === 'float32') return new Float32Array(size);
  return stored === 'int32' ? new Int32Array(size) : new Uint16Array(size);
}

/** Upper halves of f32, rounded to the nearest, ties to even. @param {Float32Array} data */
function toBfloat16(data) {
  const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
  const halves = new Uint16Array(data.length);
  for (let i = 0; i < bits.length; i++) {
    const word = /** @type {number} */ (bits[i]);
    const isNaN = (word & 0x7fffffff) > 0x7f800000;
    halves[i] = isNaN ? (word >>> 16) | 0x40 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
  return halves;
}

/** @param {Uint16Array} halves */
function fromBfloat16(halves) {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < bits.length; i++) bits[i] = /** @type {number} */ (halves[i]) << 16;
  return new Float32Array(bits.buffer);
}

/** @param {number} id */
function resident(id) {
  const entry = residents.get(id);
  if (entry === undefined) throw new Error(`resident tensor ${id} was released, or lost with a run that failed`);
  return entry;
}

/** @param {number} id @param {readonly number[]} shape @param {StoredType} stored @param {Float32Array | Int32Array | Uint16Array} data */
function put(id, shape, stored, data) {
  const elements = stored === 'bfloat16' && data instanceof Float32Array ? toBfloat16(data) : data;
  residents.set(id, { buffers: devices.map((device) => client().upload(elements, stored, shape, device)), shape, stored });
}

/** @param {number} id */
function get(id) {
  const { buffers, shape, stored } = resident(id);
  const elements = allocate(stored, sizeOf(shape));
  client().download(/** @type {bigint} */ (buffers[0]), elements);
  const data = elements instanceof Uint16Array ? fromBfloat16(elements) : elements;
  return { value: { shape: [...shape], dtype: stored === 'int32' ? 'int32' : 'float32', data }, transfer: [data.buffer] };
}

/** @param {Extract<PjrtRequest, { type: 'run' }>} request */
function run({ session, feeds, outputs }) {
  const executable = executables.get(session);
  if (executable === undefined) throw new Error(`session ${session} was released`);
  /** @type {bigint[]} */
  const sent = [];
  try {
    const inputs = devices.map((device) =>
      feeds.map((feed) => {
        if ('resident' in feed) return /** @type {bigint} */ (resident(feed.resident).buffers[device]);
        const { data, shape } = feed.isSplit ? part(feed.tensor, device) : feed.tensor;
        const buffer = client().upload(data, feed.tensor.dtype, shape, device);
        sent.push(buffer);
        return buffer;
      }),
    );
    return collect(client().execute(executable, inputs, outputs.length), outputs);
  } finally {
    for (const buffer of sent) client().drop(buffer);
  }
}

/** An equal part of the first axis. @param {import('../host-tensor.ts').HostTensor} tensor @param {number} device */
function part({ data, shape }, device) {
  const size = data.length / numDevices;
  return {
    data: data.subarray(device * size, (device + 1) * size),
    shape: [/** @type {number} */ (shape[0]) / numDevices, ...shape.slice(1)],
  };
}

/** Every device has whole results. @param {readonly bigint[][]} results @param {Extract<PjrtRequest, { type: 'run' }>['outputs']} outputs */
function collect(results, outputs) {
  /** @type {Record<string, unknown>} */
  const value = {};
  /** @type {ArrayBuffer[]} */
  const transfer = [];
  outputs.forEach(({ name, shape, dtype, into }, i) => {
    const buffers = results.map((list) => /** @type {bigint} */ (list[i]));
    if (into !== undefined) {
      // The old buffers were given to the run: what is left of them are their handles.
      const entry = resident(into);
      for (const buffer of entry.buffers) client().drop(buffer);
      entry.buffers = buffers;
      return;
    }
    const data = allocate(dtype, sizeOf(shape));
    if (data.length > 0) client().download(/** @type {bigint} */ (buffers[0]), data);
    for (const buffer of buffers) client().drop(buffer);
    value[name] = { shape: [...shape], dtype, data };
    transfer.push(/** @type {ArrayBuffer} */ (data.buffer));
  });
  return { value, transfer };
}

/** @param {Extract<PjrtRequest, { type: 'create' }>} request */
function create({ session, program, options, wantsSerialized }) {
  const executable = 'text' in program ? client().compile(program.text, options) : client().deserialize(program.serialized);
  executables.set(session, executable);
  return {
    value: {
      temporaryBytes: client().temporaryBytes(executable),
      serialized: wantsSerialized ? client().serialize(executable) : undefined,
    },
  };
}

function close() {
  if (opened === undefined) return;
  for (const executable of executables.values()) opened.release(executable);
  for (const buffer of [...residents.values()].flatMap(({ buffers }) => buffers)) opened.drop(buffer);
  executables.clear();
  residents.clear();
  opened.close();
  opened = undefined;
}

/** @param {PjrtRequest} request @returns {{ value: unknown, transfer?: ArrayBuffer[] }} */
function handle(request) {
  switch (request.type) {
    case 'open': {
      const { apiVersion, platform, platformVersion, deviceKind, numDevices: found } = client();
      return { value: { apiVersion, platform, platformVersion, deviceKind, numDevices: found } };
    }
    case 'create':
      return create(request);
    case 'release': {
      const executable = executables.get(request.session);
      if (executable !== undefined) client().release(executable);
      executables.delete(request.session);
      return { value: undefined };
    }
    case 'put':
      put(request.id, request.shape, request.stored, request.data);
      return { value: undefined };
    case 'zeros':
      put(request.id, request.shape, request.stored, allocate(request.stored, sizeOf(request.shape)));
      return { value: undefined };
    case 'get':
      return get(request.id);
    case 'drop': {
      const entry = residents.get(request.id);
      for (const buffer of entry?.buffers ?? []) client().drop(buffer);
      residents.delete(request.id);
      return { value: undefined };
    }
    case 'run':
      return run(request);
    case 'memory':
      return { value: client().memory() };
    case 'close':
      close();
      return { value: undefined };
  }
}

port.on('message', (/** @type {{ call: number, request: PjrtRequest }} */ { call, request }) => {
  try {
    const { value, transfer } = handle(request);
    port.postMessage({ call, value }, transfer ?? []);
  } catch (error) {
    port.postMessage({ call, error: error instanceof Error ? error.message : String(error) });
  }
});
