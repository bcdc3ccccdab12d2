import protobuf from 'protobufjs/light.js';

/**
 * The part of XLA's compile_options.proto and xla_data.proto (github.com/openxla/xla) that an executable of ours needs, by field number,
 * encoded as onnx/schema.ts encodes ONNX.
 */
const root = protobuf.Root.fromJSON({
  nested: {
    CompileOptions: {
      fields: {
        build: { type: 'BuildOptions', id: 3 },
        overrides: { keyType: 'string', type: 'Override', id: 7 } as protobuf.IField,
      },
    },
    BuildOptions: {
      fields: {
        numReplicas: { type: 'int64', id: 4 },
        numPartitions: { type: 'int64', id: 5 },
        usesSpmdPartitioning: { type: 'bool', id: 6 },
        deviceAssignment: { type: 'DeviceAssignment', id: 9 },
      },
    },
    DeviceAssignment: {
      fields: {
        replicaCount: { type: 'int32', id: 1 },
        computationCount: { type: 'int32', id: 2 },
        devices: { rule: 'repeated', type: 'ComputationDevice', id: 3 },
      },
    },
    ComputationDevice: { fields: { replicaDeviceIds: { rule: 'repeated', type: 'int64', id: 1 } } },
    Override: {
      oneofs: { value: { oneof: ['text', 'flag', 'whole', 'fraction'] } },
      fields: {
        text: { type: 'string', id: 1 },
        flag: { type: 'bool', id: 2 },
        whole: { type: 'int64', id: 3 },
        fraction: { type: 'double', id: 4 },
      },
    },
  },
});

export interface CompileOptions {
  /** Devices among which the compiler divides the program. */
  readonly numDevices: number;
  /** Options of XLA by name, without "--": `xla_gpu_…`. */
  readonly overrides: Readonly<Record<string, string | boolean | number>>;
}

/** A serialised CompileOptionsProto. */
export function encodeCompileOptions({ numDevices, overrides }: CompileOptions): Uint8Array {
  const type = root.lookupType('CompileOptions');
  const field = (value: string | boolean | number) =>
    typeof value === 'string' ? { text: value } : typeof value === 'boolean' ? { flag: value } : { whole: value };
  const message = {
    build: {
      numReplicas: 1,
      numPartitions: numDevices,
      usesSpmdPartitioning: numDevices > 1,
      deviceAssignment: {
        replicaCount: 1,
        computationCount: numDevices,
        devices: Array.from({ length: numDevices }, (_, device) => ({ replicaDeviceIds: [device] })),
      },
    },
    overrides: Object.fromEntries(Object.entries(overrides).map(([name, value]) => [name, field(value)])),
  };
  return type.encode(type.fromObject(message)).finish();
}
