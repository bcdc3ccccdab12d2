// @ts-check
// Devices, buffers and executables of one PJRT client, as little of them as the engine needs. All calls block: the worker's thread is their own.
import { addressOf, bytesAt, pjrtStruct, PjrtApi, Struct, textAt } from './api.js';

/** @typedef {import('./api.js').Field} Field */

/** @typedef {'float32' | 'int32' | 'bfloat16'} BufferType */
/** @typedef {Float32Array | Int32Array | Uint16Array} HostData */

/** PJRT_Buffer_Type. @type {Record<BufferType, number>} */
const BUFFER_TYPE = { int32: 4, float32: 11, bfloat16: 13 };

/** PJRT_HostBufferSemantics_kImmutableUntilTransferCompletes: the call returns at once, and the data is waited for. */
const UNTIL_TRANSFERRED = 1;

/** PJRT_NamedValue_Type. */
const NAMED_VALUE = { int64: 1, float: 3, bool: 4 };

/** @param {bigint | undefined} value @returns {bigint} */
const given = (value) => /** @type {bigint} */ (value);

/** An array of pointers. @param {readonly bigint[]} values @returns {BigUint64Array} */
const pointers = (values) => BigUint64Array.from(values);

/** Bytes of a PJRT_NamedValue. */
const NAMED_VALUE_SIZE = 56;

/** Structs of equal size behind each other: their real size decides where the next one begins, so there is no room for later fields. */
class StructArray extends Struct {
  /** @param {readonly Struct[]} elements @param {number} size in bytes of one */
  constructor(elements, size) {
    super({}, {});
    this.pointees = elements;
    this.bytes = Buffer.concat(elements.map(({ bytes }) => bytes.subarray(0, size)));
    elements.forEach((_, i) => this.bytes.writeBigUInt64LE(BigInt(size), i * size));
  }
}

/** Pointers to lists. */
class PointerList extends Struct {
  /** @param {readonly BigUint64Array[]} lists */
  constructor(lists) {
    super({}, {});
    this.pointees = lists;
    this.bytes = Buffer.alloc(8 * lists.length);
    lists.forEach((list, i) => this.bytes.writeBigUInt64LE(list.length === 0 ? 0n : addressOf(list), 8 * i));
  }
}

export class PjrtClient {
  /** @type {PjrtApi} */
  #api;
  /** @type {bigint} */
  #client;
  /** @type {bigint[]} */
  #devices;

  /**
   * @param {string} path of the plugin
   * @param {Record<string, number | boolean>} options of the plugin: whole numbers, fractions and truth values
   */
  constructor(path, options = {}) {
    this.#api = new PjrtApi(path);
    this.#api.call('Plugin_Initialize', {});
    const named = Object.entries(options).map(([name, value]) => {
      const type = typeof value === 'boolean' ? NAMED_VALUE.bool : Number.isInteger(value) ? NAMED_VALUE.int64 : NAMED_VALUE.float;
      const bits = Buffer.alloc(8);
      if (type === NAMED_VALUE.float) bits.writeFloatLE(/** @type {number} */ (value));
      else bits.writeBigInt64LE(BigInt(value));
      const text = Buffer.from(name);
      return pjrtStruct('NamedValue', { name: text, nameSize: text.length, type, value: bits.readBigInt64LE(), valueSize: 1 });
    });
    const created = this.#api.call('Client_Create', {
      createOptions: named.length === 0 ? 0n : new StructArray(named, NAMED_VALUE_SIZE),
      numOptions: named.length,
    });
    this.#client = given(created['client']);
    const { devices, numDevices } = this.#api.call('Client_AddressableDevices', { client: this.#client });
    const table = bytesAt(given(devices), 8n * given(numDevices));
    this.#devices = Array.from({ length: Number(numDevices) }, (_, i) => table.readBigUInt64LE(8 * i));
    if (this.#devices.length === 0) throw new Error('the plugin found no device');
  }

  get apiVersion() {
    return `${this.#api.major}.${this.#api.minor}`;
  }

  get numDevices() {
    return this.#devices.length;
  }

  get platform() {
    return this.#text('Client_PlatformName', { client: this.#client });
  }

  get platformVersion() {
    return this.#text('Client_PlatformVersion', { client: this.#client });
  }

  /** What kind of device it is: "NVIDIA H100 80GB HBM3". */
  get deviceKind() {
    const { description } = this.#api.call('Device_GetDescription', { device: given(this.#devices[0]) });
    return this.#text('DeviceDescription_Kind', { description: given(description) });
  }

  /** Bytes that the allocator of a device counts; undefined where the plugin does not count. @param {number} [device] */
  memory(device = 0) {
    try {
      const stats = this.#api.call('Device_MemoryStats', { device: given(this.#devices[device]) });
      const known = (/** @type {string} */ has, /** @type {string} */ name) => (stats[has] === 1n ? Number(stats[name]) : undefined);
      return {
        bytesInUse: Number(stats['bytesInUse']),
        peakBytesInUse: known('hasPeakBytesInUse', 'peakBytesInUse'),
        bytesLimit: known('hasBytesLimit', 'bytesLimit'),
      };
    } catch {
      return undefined;
    }
  }

  /** @param {string} text StableHLO @param {Uint8Array} options a serialised CompileOptionsProto @returns {bigint} a loaded executable */
  compile(text, options) {
    const code = Buffer.from(text);
    const format = Buffer.from('mlir');
    const program = pjrtStruct('Program', { code, codeSize: code.length, format, formatSize: format.length });
    const fields = { client: this.#client, program, options, optionsSize: options.length };
    return given(this.#api.call('Client_Compile', fields)['executable']);
  }

  /** The executable's own form, for a later process. @param {bigint} loaded @returns {Buffer | undefined} none if the plugin has none */
  serialize(loaded) {
    const { executable } = this.#api.call('LoadedExecutable_GetExecutable', { loaded });
    try {
      const { bytes, bytesSize, serialized, deleter } = this.#api.call('Executable_Serialize', { executable: given(executable) });
      const copy = bytesAt(given(bytes), given(bytesSize));
      this.#api.invoke(given(deleter), given(serialized));
      return copy;
    } catch {
      return undefined;
    } finally {
      this.#api.call('Executable_Destroy', { executable: given(executable) });
    }
  }

  /** @param {Uint8Array} bytes of `serialize`, made by the same plugin for the same device @returns {bigint} */
  deserialize(bytes) {
    const fields = { client: this.#client, bytes, bytesSize: bytes.length };
    return given(this.#api.call('Executable_DeserializeAndLoad', fields)['executable']);
  }

  /** Bytes that a run takes beside its arguments. @param {bigint} loaded @returns {number | undefined} */
  temporaryBytes(loaded) {
    const { executable } = this.#api.call('LoadedExecutable_GetExecutable', { loaded });
    try {
      return Number(this.#api.call('Executable_GetCompiledMemoryStats', { executable: given(executable) })['temporaries']);
    } catch {
      return undefined;
    } finally {
      this.#api.call('Executable_Destroy', { executable: given(executable) });
    }
  }

  /** @param {bigint} executable */
  release(executable) {
    this.#api.call('LoadedExecutable_Destroy', { executable });
  }

  /** @param {HostData} data @param {BufferType} type @param {readonly number[]} shape @param {number} [device] @returns {bigint} a buffer */
  upload(data, type, shape, device = 0) {
    const dims = BigInt64Array.from(shape, BigInt);
    const { done, buffer } = this.#api.call('Client_BufferFromHostBuffer', {
      client: this.#client,
      data: data.length === 0 ? 0n : data,
      type: BUFFER_TYPE[type],
      dims: dims.length === 0 ? 0n : dims,
      numDims: dims.length,
      semantics: UNTIL_TRANSFERRED,
      device: given(this.#devices[device]),
    });
    this.#api.wait(given(done));
    return given(buffer);
  }

  /** @param {bigint} buffer @param {HostData} data of the buffer's own size; it is filled */
  download(buffer, data) {
    const { event } = this.#api.call('Buffer_ToHostBuffer', { buffer, data, dataSize: data.byteLength });
    this.#api.wait(given(event));
  }

  /** @param {bigint} buffer */
  drop(buffer) {
    this.#api.call('Buffer_Destroy', { buffer });
  }

  /**
   * Runs and waits. @param {bigint} executable
   * @param {readonly (readonly bigint[])[]} inputs one list of buffers a device
   * @param {number} numOutputs of each device
   * @returns {bigint[][]} output buffers by device
   */
  execute(executable, inputs, numOutputs) {
    const options = pjrtStruct('ExecuteOptions', {});
    const lists = inputs.map(pointers);
    const outputs = inputs.map(() => new BigUint64Array(Math.max(1, numOutputs)));
    const events = new BigUint64Array(inputs.length);
    this.#api.call('LoadedExecutable_Execute', {
      executable,
      options,
      argumentLists: new PointerList(lists),
      numDevices: inputs.length,
      numArguments: /** @type {BigUint64Array} */ (lists[0]).length,
      outputLists: new PointerList(outputs),
      completeEvents: events,
    });
    let failure;
    for (const event of events) {
      try {
        this.#api.wait(event);
      } catch (error) {
        failure ??= error;
      }
    }
    const results = outputs.map((list) => Array.from(list).slice(0, numOutputs));
    if (failure === undefined) return results;
    for (const buffer of results.flat()) this.drop(buffer);
    throw failure;
  }

  close() {
    this.#api.call('Client_Destroy', { client: this.#client });
  }

  /** @param {string} name @param {Record<string, Field>} fields @returns {string} */
  #text(name, fields) {
    const { text, textSize } = this.#api.call(name, fields);
    return textAt(given(text), given(textSize));
  }
}
