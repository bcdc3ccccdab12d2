// @ts-check
// The C interface of PJRT (xla/pjrt/c/pjrt_c_api.h, version 0.90 and later), called through koffi: every function takes one pointer to a
// struct of arguments and returns a pointer to an error or null. Plain JavaScript, as the worker that loads it.
//
// koffi (MIT, released monthly by its author, used in production by several Electron programs) calls C from Node without a compiled addon:
// its binaries come inside packages for each platform. `ffi-napi` was last released in 2021, and Node has no foreign-function interface of its own.
import koffi from 'koffi';

// Calls run on a stack of koffi's own; compilers recurse. 16 MiB is the most it gives.
koffi.config({ sync_stack_size: 16 * 2 ** 20 });

/** @typedef {'pointer' | 'size' | 'int64' | 'int32' | 'bool'} FieldType */
/** @typedef {Record<string, FieldType>} Layout */
/** @typedef {Record<string, bigint>} Fields */
/** What goes into a field: a number, a pointer, or memory whose address it shall hold. @typedef {bigint | number | ArrayBufferView | Struct} Field */

/** Functions in the order of struct PJRT_Api; only the place matters for those that are not called. */
const FUNCTIONS = `
  Error_Destroy Error_Message Error_GetCode Plugin_Initialize Plugin_Attributes Event_Destroy Event_IsReady Event_Error Event_Await
  Event_OnReady Client_Create Client_Destroy Client_PlatformName Client_ProcessIndex Client_PlatformVersion Client_Devices
  Client_AddressableDevices Client_LookupDevice Client_LookupAddressableDevice Client_AddressableMemories Client_Compile
  Client_DefaultDeviceAssignment Client_BufferFromHostBuffer DeviceDescription_Id DeviceDescription_ProcessIndex
  DeviceDescription_Attributes DeviceDescription_Kind DeviceDescription_DebugString DeviceDescription_ToString Device_GetDescription
  Device_IsAddressable Device_LocalHardwareId Device_AddressableMemories Device_DefaultMemory Device_MemoryStats Memory_Id Memory_Kind
  Memory_DebugString Memory_ToString Memory_AddressableByDevices Executable_Destroy Executable_Name Executable_NumReplicas
  Executable_NumPartitions Executable_NumOutputs Executable_SizeOfGeneratedCodeInBytes Executable_GetCostAnalysis
  Executable_OutputMemoryKinds Executable_OptimizedProgram Executable_Serialize LoadedExecutable_Destroy LoadedExecutable_GetExecutable
  LoadedExecutable_AddressableDevices LoadedExecutable_Delete LoadedExecutable_IsDeleted LoadedExecutable_Execute
  Executable_DeserializeAndLoad LoadedExecutable_Fingerprint Buffer_Destroy Buffer_ElementType Buffer_Dimensions Buffer_UnpaddedDimensions
  Buffer_DynamicDimensionIndices Buffer_GetMemoryLayout Buffer_OnDeviceSizeInBytes Buffer_Device Buffer_Memory Buffer_Delete
  Buffer_IsDeleted Buffer_CopyToDevice Buffer_ToHostBuffer Buffer_IsOnCpu Buffer_ReadyEvent Buffer_UnsafePointer
  Buffer_IncreaseExternalReferenceCount Buffer_DecreaseExternalReferenceCount Buffer_OpaqueDeviceMemoryDataPointer
  CopyToDeviceStream_Destroy CopyToDeviceStream_AddChunk CopyToDeviceStream_TotalBytes CopyToDeviceStream_GranuleSize
  CopyToDeviceStream_CurrentBytes TopologyDescription_Create TopologyDescription_Destroy TopologyDescription_PlatformName
  TopologyDescription_PlatformVersion TopologyDescription_GetDeviceDescriptions TopologyDescription_Serialize
  TopologyDescription_Attributes Compile Executable_OutputElementTypes Executable_OutputDimensions Buffer_CopyToMemory
  Client_CreateViewOfDeviceBuffer Executable_Fingerprint Client_TopologyDescription Executable_GetCompiledMemoryStats
`
  .trim()
  .split(/\s+/);

/** Fields in the notation `name*` for a pointer and `name:type`. @param {Record<string, string>} texts @returns {Record<string, Layout>} */
function layoutsOf(texts) {
  const fieldOf = (/** @type {string} */ text) => (text.endsWith('*') ? [text.slice(0, -1), 'pointer'] : text.split(':'));
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [name, Object.fromEntries(text === '' ? [] : text.split(' ').map(fieldOf))]),
  );
}

/** Fields of the argument structs after `struct_size` and `extension_start`, for the functions that are called. */
const ARGUMENTS = layoutsOf({
  Error_Destroy: 'error*',
  Error_Message: 'error* message* messageSize:size',
  Plugin_Initialize: '',
  Event_Destroy: 'event*',
  Event_Await: 'event*',
  Client_Create:
    'createOptions* numOptions:size getCallback* getArgument* putCallback* putArgument* client* tryGetCallback* tryGetArgument*',
  Client_Destroy: 'client*',
  Client_PlatformName: 'client* text* textSize:size',
  Client_PlatformVersion: 'client* text* textSize:size',
  Client_AddressableDevices: 'client* devices* numDevices:size',
  Client_Compile: 'client* program* options* optionsSize:size executable*',
  Client_BufferFromHostBuffer:
    'client* data* type:int32 dims* numDims:size byteStrides* numByteStrides:size semantics:int32 device* memory* layout* done* buffer*',
  DeviceDescription_Kind: 'description* text* textSize:size',
  Device_GetDescription: 'device* description*',
  Device_MemoryStats:
    'device* bytesInUse:int64 peakBytesInUse:int64 hasPeakBytesInUse:bool numAllocs:int64 hasNumAllocs:bool largestAllocSize:int64 hasLargestAllocSize:bool bytesLimit:int64 hasBytesLimit:bool',
  Executable_Destroy: 'executable*',
  Executable_Serialize: 'executable* bytes* bytesSize:size serialized* deleter*',
  Executable_GetCompiledMemoryStats: 'executable* generatedCode:int64 arguments:int64 outputs:int64 aliases:int64 temporaries:int64',
  LoadedExecutable_Destroy: 'executable*',
  LoadedExecutable_GetExecutable: 'loaded* executable*',
  LoadedExecutable_Execute: 'executable* options* argumentLists* numDevices:size numArguments:size outputLists* completeEvents* device*',
  Executable_DeserializeAndLoad: 'client* bytes* bytesSize:size executable*',
  Buffer_Destroy: 'buffer*',
  Buffer_ToHostBuffer: 'buffer* layout* data* dataSize:size event*',
});

/** The same for what arguments point to. */
const STRUCTS = layoutsOf({
  Program: 'code* codeSize:size format* formatSize:size',
  NamedValue: 'name* nameSize:size type:int32 value:int64 valueSize:size',
  ExecuteOptions: 'sendCallbacks* receiveCallbacks* numSends:size numReceives:size launchId:int32 nonDonatable* numNonDonatable:size',
});

/** @type {Record<FieldType, number>} */
const SIZES = { pointer: 8, size: 8, int64: 8, int32: 4, bool: 1 };

/** A plugin of a later version reads fields that these layouts do not know: it finds zeros, which mean "left out". */
const PADDING = 192;

/** First bytes of every struct: its size, and a pointer to extensions, which are not used. */
const HEADER = 16;

/** What is needed of the interface's version; the major number changes when it is no longer compatible. */
export const API_MAJOR = 0;

const RTLD_NOW = 2;
const RTLD_GLOBAL = 0x100;

/** @param {Layout} layout @returns {{ offsets: Record<string, number>, size: number }} */
function placed(layout) {
  /** @type {Record<string, number>} */
  const offsets = {};
  let end = HEADER;
  for (const [name, type] of Object.entries(layout)) {
    offsets[name] = Math.ceil(end / SIZES[type]) * SIZES[type];
    end = /** @type {number} */ (offsets[name]) + SIZES[type];
  }
  return { offsets, size: Math.ceil(end / 8) * 8 + PADDING };
}

/** A struct in memory, and what it points to: neither may be collected before the call is over. */
export class Struct {
  /** @type {Buffer} */
  bytes;
  /** @type {readonly unknown[]} */
  pointees;

  /** @param {Layout} layout @param {Record<string, Field>} fields */
  constructor(layout, fields) {
    const { offsets, size } = placed(layout);
    this.bytes = Buffer.alloc(size);
    this.pointees = Object.values(fields).filter((value) => typeof value === 'object');
    this.bytes.writeBigUInt64LE(BigInt(size), 0);
    for (const [name, field] of Object.entries(fields)) {
      const offset = /** @type {number} */ (offsets[name]);
      const value = typeof field === 'object' ? koffi.address(field instanceof Struct ? field.bytes : field) : field;
      if (layout[name] === 'int32') this.bytes.writeInt32LE(Number(value), offset);
      else if (layout[name] === 'bool') this.bytes.writeUInt8(Number(value), offset);
      else this.bytes.writeBigInt64LE(BigInt.asIntN(64, BigInt(value)), offset);
    }
  }
}

/** @param {Layout} layout @param {Buffer} bytes @returns {Fields} */
function fieldsOf(layout, bytes) {
  const { offsets } = placed(layout);
  return Object.fromEntries(
    Object.entries(offsets).map(([name, offset]) => {
      if (layout[name] === 'int32') return [name, BigInt(bytes.readInt32LE(offset))];
      if (layout[name] === 'bool') return [name, BigInt(bytes.readUInt8(offset))];
      return [name, layout[name] === 'int64' ? bytes.readBigInt64LE(offset) : bytes.readBigUInt64LE(offset)];
    }),
  );
}

/** The address of the first byte. @param {ArrayBufferView} view @returns {bigint} */
export const addressOf = (view) => koffi.address(view);

/** @param {bigint} address @param {bigint} size @returns {Buffer} a copy */
export const bytesAt = (address, size) => (size === 0n ? Buffer.alloc(0) : Buffer.from(Buffer.from(koffi.view(address, Number(size)))));

/** @param {bigint} address @param {bigint} size @returns {string} */
export const textAt = (address, size) => bytesAt(address, size).toString('utf8');

/** A struct that an argument points to. @param {string} name @param {Record<string, Field>} fields */
export const pjrtStruct = (name, fields) => new Struct(/** @type {Layout} */ (STRUCTS[name]), fields);

/**
 * Loads shared libraries. koffi's own handle would unload them when the worker ends, while their threads still run: these stay for as long
 * as the process.
 */
const dynamicLoader = () => {
  const standard = koffi.load(null);
  return {
    open: standard.func('dlopen', 'void *', ['str', 'int']),
    symbol: standard.func('dlsym', 'void *', ['void *', 'str']),
    reason: standard.func('dlerror', 'str', []),
  };
};

/** Makes libraries known that the plugin depends on, in whatever order they depend on each other. @param {readonly string[]} paths */
export function preload(paths) {
  const { open } = dynamicLoader();
  let waiting = [...paths];
  for (let before = Infinity; waiting.length > 0 && waiting.length < before;) {
    before = waiting.length;
    waiting = waiting.filter((path) => open(path, RTLD_NOW | RTLD_GLOBAL) === null);
  }
}

/** The functions of a plugin. */
export class PjrtApi {
  /** @type {Map<string, bigint>} */
  #functions = new Map();
  #prototype = koffi.proto('void *', ['void *']);
  /** @type {Struct[]} */
  #inUse = [];

  /** @param {string} path of the shared library. @throws {Error} if it is no plugin, or one of an interface that does not fit. */
  constructor(path) {
    const { open, symbol, reason } = dynamicLoader();
    const library = open(path, RTLD_NOW);
    if (library === null) throw new Error(`${path} cannot be loaded: ${reason()}`);
    const entry = symbol(library, 'GetPjrtApi');
    if (entry === null) throw new Error(`${path} is not a PJRT plugin: it has no function GetPjrtApi`);
    const api = koffi.call(entry, koffi.proto('void *', []));
    const head = Buffer.from(koffi.view(api, 40));
    this.major = head.readInt32LE(32);
    this.minor = head.readInt32LE(36);
    const size = Number(head.readBigUInt64LE(0));
    if (this.major !== API_MAJOR || size < 40 + 8 * FUNCTIONS.length) {
      throw new Error(`${path} has version ${this.major}.${this.minor} of the PJRT interface; needed is 0.60 or a later 0.x`);
    }
    const table = Buffer.from(koffi.view(api, size));
    FUNCTIONS.forEach((name, i) => this.#functions.set(name, table.readBigUInt64LE(40 + 8 * i)));
  }

  /**
   * Calls a function. @param {string} name @param {Record<string, Field>} fields those that go in
   * @returns {Fields} all fields afterwards. @throws {Error} with the plugin's own message.
   */
  call(name, fields) {
    const layout = /** @type {Layout} */ (ARGUMENTS[name]);
    const argument = new Struct(layout, fields);
    // The struct holds addresses only: without this the memory behind them could be collected while the function runs.
    this.#inUse.push(argument);
    const error = koffi.call(this.#functions.get(name), this.#prototype, argument.bytes);
    this.#inUse.pop();
    if (error !== null) throw new Error(this.#messageOf(error));
    return fieldsOf(layout, argument.bytes);
  }

  /** Waits for an event and releases it. @param {bigint} event */
  wait(event) {
    if (event === 0n) return;
    try {
      this.call('Event_Await', { event });
    } finally {
      this.call('Event_Destroy', { event });
    }
  }

  /** Calls a function pointer that a struct came with. @param {bigint} address @param {bigint} argument */
  invoke(address, argument) {
    if (address !== 0n) koffi.call(address, koffi.proto('void', ['void *']), argument);
  }

  /** @param {bigint} error @returns {string} */
  #messageOf(error) {
    const { bytes } = new Struct(/** @type {Layout} */ (ARGUMENTS['Error_Message']), { error });
    koffi.call(this.#functions.get('Error_Message'), this.#prototype, bytes);
    const { message, messageSize } = fieldsOf(/** @type {Layout} */ (ARGUMENTS['Error_Message']), bytes);
    const text = textAt(/** @type {bigint} */ (message), /** @type {bigint} */ (messageSize));
    koffi.call(
      this.#functions.get('Error_Destroy'),
      this.#prototype,
      new Struct(/** @type {Layout} */ (ARGUMENTS['Error_Destroy']), { error }).bytes,
    );
    return text;
  }
}
