import { EngineError } from '@pharmacist/core';
import { trace } from '../graph/trace.ts';
import type { DType, HalfTensor, HostTensor, Shape } from '../host-tensor.ts';
import { isHalf, sizeOf, widened } from '../host-tensor.ts';
import { CompileCache } from '../pjrt/compile-cache.ts';
import { encodeCompileOptions } from '../pjrt/compile-options.ts';
import { findPlugin, type Plugin } from '../pjrt/find-plugin.ts';
import type { MatMulPrecision } from '../stablehlo/emitter.ts';
import { lowerToStableHlo, type Parameter, type ResidentWrite } from '../stablehlo/lower.ts';
import {
  type Engine,
  type EngineFunction,
  type EngineInput,
  type EngineUsage,
  isResident,
  type Program,
  type ProgramCost,
  type ResidentTensor,
  type ProgramRunOptions,
  signatureOf,
  type UploadOptions,
} from './engine.ts';
import { callOf, costOf, outputType, ownBuffer, packageVersion } from './calls.ts';
import type { PjrtCompiled, PjrtDevice, PjrtFeed, PjrtMemory, PjrtOutput, PjrtRequest, StoredType } from './pjrt-protocol.ts';
import { CrashWatch } from './crash-watch.js';
import { ResidentTable } from './resident-table.ts';
import { SessionCache } from './session-cache.ts';
import { SessionClient } from './session-client.ts';

export interface PjrtEngineOptions {
  /**
   * How matrix products are computed, and how frozen weights are kept. Sixteen bits are what accelerators are built for (half the memory and many
   * times the speed); full width is the default where the plugin runs on a CPU.
   */
  readonly precision?: MatMulPrecision;
  /** Most executables kept at once; the least recently used is released first. */
  readonly maxSessions?: number;
  /** Folder of compiled programs; `false` for none. */
  readonly cache?: string | false;
  readonly plugin?: Plugin;
  /** Devices of this machine that share each run's rows, 1 by default; weights are whole on each. */
  readonly numDevices?: number;
}

interface Session {
  readonly id: number;
  readonly parameters: readonly Parameter[];
  readonly results: readonly { readonly name: string; readonly shape: Shape; readonly dtype: DType; readonly isWritten: boolean }[];
  readonly cost: ProgramCost;
  /** Bytes that a run takes beside arguments and results. */
  readonly temporaryBytes: number | undefined;
}

interface Resident {
  readonly id: number;
  readonly stored: StoredType;
  readonly bytes: number;
}

const CRASH_HINT = 'The same command continues where it was; another engine (`--engine onnx`) begins anew, with an --out of its own.';

const BYTES: Record<StoredType, number> = { float32: 4, int32: 4, bfloat16: 2 };

/**
 * Compiles for accelerators: a program is traced once for each signature of input shapes, lowered to StableHLO, compiled by XLA behind the
 * C interface of PJRT and run on the first device of the plugin. Weights, caches, parameters and moments stay on the device; what is
 * written into a resident tensor takes over its memory.
 */
export class PjrtEngine implements Engine {
  /** With what decides its last bits: results of one are not continued on another. */
  readonly name: string;
  readonly keepsParameters = true;
  readonly description: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly device: PjrtDevice;
  readonly precision: MatMulPrecision;
  readonly #client: SessionClient<PjrtRequest>;
  readonly #cache: CompileCache | undefined;
  readonly #options: Uint8Array;
  readonly #numDevices: number;
  readonly #sessions: SessionCache<Session>;
  readonly #residents: ResidentTable<Resident>;
  #numIds = 0;

  private constructor(client: SessionClient<PjrtRequest>, device: PjrtDevice, plugin: Plugin, options: PjrtEngineOptions) {
    const isCpu = device.platform === 'cpu';
    this.#client = client;
    this.device = device;
    this.precision = options.precision ?? (isCpu ? 'float32' : 'bfloat16');
    this.#numDevices = options.numDevices ?? 1;
    this.name = `pjrt-${this.precision}${this.#numDevices === 1 ? '' : `-x${this.#numDevices}`}`;
    const count = this.#numDevices === 1 ? '' : `${this.#numDevices} x `;
    this.description = `pjrt (${count}${device.deviceKind}, ${this.precision})`;
    this.versions = {
      'pjrt plugin': `${plugin.name}, ${device.platformVersion.split('\n')[0]}, interface ${device.apiVersion}`,
      'pjrt device': `${count}${device.deviceKind}`,
      'pjrt products': this.precision,
      '@tensorflow/tfjs-core': packageVersion('@tensorflow/tfjs-core'),
    };
    const release = async (session: Session) => await client.request('release', { type: 'release', session: session.id });
    this.#sessions = new SessionCache(options.maxSessions ?? 32, release);
    this.#residents = new ResidentTable(async ({ id }) => await client.request('release', { type: 'drop', id }));
    const identity = `${plugin.name} ${device.apiVersion} ${device.platformVersion} ${count}${device.deviceKind}`;
    this.#cache =
      options.cache === false ? undefined : new CompileCache(identity, options.cache === undefined ? {} : { dir: options.cache });
    this.#options = encodeCompileOptions({ numDevices: this.#numDevices, overrides: isCpu ? {} : gpuOptions(device, plugin) });
  }

  /** @throws {EngineError} if there is no plugin, none that fits, or no device. */
  static async start(options: PjrtEngineOptions = {}): Promise<PjrtEngine> {
    const plugin = options.plugin ?? findPlugin();
    const isGpu = /cuda|rocm/.test(plugin.path);
    // Memory is taken as it is needed: other programs may use the card too. The bound is what is left beside the driver's own.
    const clientOptions = isGpu ? { preallocate: false, memory_fraction: 0.92 } : {};
    const client = new SessionClient<PjrtRequest>({
      file: './pjrt-worker.js',
      runtime: 'PJRT',
      crashWatch: CrashWatch.start(`the PJRT plugin ${plugin.name} (${plugin.path})`, CRASH_HINT),
      workerData: { plugin: plugin.path, libraries: plugin.libraries, clientOptions, numDevices: options.numDevices ?? 1 },
    });
    try {
      const device = (await client.request('starting the plugin', { type: 'open' })) as PjrtDevice;
      return new PjrtEngine(client, device, plugin, options);
    } catch (cause) {
      await client.close();
      const reason = cause instanceof Error ? cause.message.replace(/^PJRT: /, '') : String(cause);
      throw new EngineError(`the plugin ${plugin.name} does not work here: ${reason.split('\n')[0]}`, {
        where: plugin.path,
        cause,
        hint: 'it needs a device, its driver and the libraries that pip installs beside it; or use --engine onnx',
      });
    }
  }

  compile(name: string, program: Program): EngineFunction {
    const functionId = this.#numIds++;
    const sessionFor = (inputs: Readonly<Record<string, EngineInput>>, options?: ProgramRunOptions) =>
      this.#session(functionId, name, program, inputs, this.#writesOf(inputs, options));
    return {
      name,
      run: async (inputs, options) => {
        const { results } = await this.#sessions.inOrder(name, async () => {
          const session = await sessionFor(inputs, options);
          return { results: this.#run(name, session, inputs, options) };
        });
        return await results;
      },
      cost: async (inputs) => (await this.#sessions.inOrder(name, () => sessionFor(inputs))).cost,
    };
  }

  async upload(given: HostTensor | HalfTensor, { move = false, isFrozen = false }: UploadOptions = {}): Promise<ResidentTensor> {
    this.#sessions.assertOpen('upload');
    const tensor = isHalf(given) && given.dtype === 'float16' ? widened(given) : given; // XLA's products want bfloat16.
    const isMatrix = tensor.dtype === 'float32' && tensor.shape.length > 1;
    const kept = tensor.dtype === 'float16' ? 'float32' : tensor.dtype;
    const stored: StoredType = isFrozen && isMatrix && this.precision === 'bfloat16' ? 'bfloat16' : kept;
    const id = this.#numIds++;
    const ownsBuffer = tensor.data.byteLength === tensor.data.buffer.byteLength;
    const data = move && ownsBuffer ? tensor.data : tensor.data.slice();
    const request = { type: 'put', id, shape: tensor.shape, stored, data } as const;
    await this.#client.request(`upload of ${stored} [${tensor.shape.join(', ')}]`, request, [data.buffer as ArrayBuffer]);
    const bytes = sizeOf(tensor.shape) * BYTES[stored];
    return this.#residents.add(tensor.shape, tensor.dtype === 'int32' ? 'int32' : 'float32', { id, stored, bytes });
  }

  async zeros(shape: Shape, dtype: DType = 'float32'): Promise<ResidentTensor> {
    this.#sessions.assertOpen('zeros');
    const id = this.#numIds++;
    await this.#client.request('zeros', { type: 'zeros', id, shape, stored: dtype });
    return this.#residents.add(shape, dtype, { id, stored: dtype, bytes: 4 * sizeOf(shape) });
  }

  async download(tensor: ResidentTensor): Promise<HostTensor> {
    return (await this.#client.request('download', { type: 'get', id: this.#residents.of(tensor).id })) as HostTensor;
  }

  usage(): EngineUsage {
    return {
      sessions: this.#sessions.size,
      arenaBytes: 0,
      residentTensors: this.#residents.size,
      residentBytes: this.#residents.bytes,
    };
  }

  /** What the device's allocator counts; undefined where it does not count. */
  async memory(): Promise<PjrtMemory | undefined> {
    return (await this.#client.request('memory', { type: 'memory' })) as PjrtMemory | undefined;
  }

  async dispose(): Promise<void> {
    if (this.#sessions.isClosed) return;
    await this.#sessions.close();
    this.#residents.clear();
    await this.#client.close();
  }

  #writesOf(inputs: Readonly<Record<string, EngineInput>>, { writes = {} }: ProgramRunOptions = {}): ResidentWrite[] {
    return Object.entries(writes).map(([output, { into, axis }]) => {
      const input = Object.keys(inputs).find((key) => inputs[key] === into);
      return { output, shape: into.shape, axis, ...(input !== undefined && { input }) };
    });
  }

  async #session(
    functionId: number,
    name: string,
    program: Program,
    inputs: Readonly<Record<string, EngineInput>>,
    writes: readonly ResidentWrite[],
  ): Promise<Session> {
    const half = Object.keys(inputs).filter((key) => this.#isHalf(inputs[key]!));
    const written = writes.map(({ output, input, axis, shape }) => `${output}<${input ?? ''}:${axis}:${shape.join()}`);
    const key = `${functionId} ${signatureOf(inputs)} | ${half.join()} | ${written.join(' ')}`;
    return await this.#sessions.find(key, async () => await this.#create(name, program, inputs, new Set(half), writes));
  }

  async #create(
    name: string,
    program: Program,
    inputs: Readonly<Record<string, EngineInput>>,
    halfInputs: ReadonlySet<string>,
    writes: readonly ResidentWrite[],
  ): Promise<Session> {
    const graph = await trace(name, program, inputs, 'pjrt');
    const { precision } = this;
    const splitInputs = new Set(Object.keys(inputs).filter((key) => this.#isSplit(inputs[key]!)));
    const lowered = lowerToStableHlo(graph, { precision, halfInputs, writes, splitInputs, numDevices: this.#numDevices });
    const { text, parameters, results } = lowered;
    const id = this.#numIds++;
    const typed = results.map(({ dtype, ...result }) => ({ ...result, dtype: outputType(result.name, dtype, name) }));
    const unknown = writes.filter(({ output }) => !typed.some((result) => result.name === output));
    if (unknown.length > 0)
      throw new EngineError(`there is no output ${unknown.map(({ output }) => output).join(', ')} to write`, { where: name });
    const { temporaryBytes } = await this.#compiled(callOf(name, inputs), id, text);
    const cost = costOf(graph);
    return { id, parameters, results: typed, cost, temporaryBytes };
  }

  /** From the cache on disk, or compiled and put there. Code that the plugin no longer takes is compiled again. */
  async #compiled(what: string, session: number, text: string): Promise<PjrtCompiled> {
    const options = this.#options;
    const key = this.#cache?.keyOf(text, options);
    const kept = key === undefined ? undefined : await this.#cache!.read(key);
    if (kept !== undefined) {
      const request = { type: 'create', session, program: { serialized: kept }, options, wantsSerialized: false } as const;
      const loaded = await this.#client.request(what, request).catch(() => undefined);
      if (loaded !== undefined) return loaded as PjrtCompiled;
    }
    const request = { type: 'create', session, program: { text }, options, wantsSerialized: key !== undefined } as const;
    const compiled = (await this.#client.request(`compiling ${what}`, request)) as PjrtCompiled;
    if (key !== undefined && compiled.serialized !== undefined) await this.#cache!.write(key, compiled.serialized);
    return compiled;
  }

  async #run(
    name: string,
    session: Session,
    inputs: Readonly<Record<string, EngineInput>>,
    { writes = {} }: ProgramRunOptions = {},
  ): Promise<Record<string, HostTensor>> {
    const what = callOf(name, inputs);
    const feeds = session.parameters.map((parameter): PjrtFeed => {
      if (parameter.kind === 'start') {
        const start = writes[parameter.output]!.start;
        return { tensor: { shape: [], dtype: 'int32', data: Int32Array.of(start) }, isSplit: false };
      }
      const value = parameter.kind === 'input' ? inputs[parameter.name]! : writes[parameter.output]!.into;
      return isResident(value)
        ? { resident: this.#residents.of(value).id }
        : { tensor: { shape: value.shape, dtype: value.dtype, data: ownBuffer(value.data) }, isSplit: this.#isSplit(value) };
    });
    const outputs = session.results.map(({ name: output, shape, dtype, isWritten }): PjrtOutput => {
      if (!isWritten) return { name: output, shape, dtype };
      return { name: output, shape, dtype, into: this.#residents.of(writes[output]!.into).id };
    });
    checkStarts(name, session, writes);
    try {
      return (await this.#client.request(what, { type: 'run', session: session.id, feeds, outputs })) as Record<string, HostTensor>;
    } catch (error) {
      throw await this.#explained(error, session);
    }
  }

  /** Says of an error for want of memory what takes how much. */
  async #explained(error: unknown, { temporaryBytes = 0 }: Session): Promise<unknown> {
    if (!(error instanceof EngineError) || !/RESOURCE_EXHAUSTED|out of memory/i.test(error.message)) return error;
    const memory = await this.memory().catch(() => undefined);
    const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
    const limit = memory?.bytesLimit === undefined ? '' : ` of ${gigabytes(memory.bytesLimit)}`;
    return new EngineError(
      `the device's memory${limit} is full: ${gigabytes(this.#residents.bytes)} of weights, caches and parameters, and ${gigabytes(temporaryBytes)} of activations in one run`,
      {
        where: error.where,
        cause: error,
        hint: 'activations shrink with the batch size and the maximum length, weights with a smaller model',
      },
    );
  }

  /** Whether each device gets its part of the first axis: what is sent for a run and can be divided. The compiler finds out what follows. */
  #isSplit(input: EngineInput): boolean {
    const [rows] = input.shape;
    return this.#numDevices > 1 && !isResident(input) && rows !== undefined && rows > 0 && rows % this.#numDevices === 0;
  }

  #isHalf(input: EngineInput): boolean {
    return isResident(input) && this.#residents.of(input).stored === 'bfloat16';
  }
}

/** XLA's own choices that we make: sums in one order in every run, and CUDA's tools where pip put them. */
function gpuOptions({ platform }: PjrtDevice, { cudaDir }: Plugin): Record<string, string | boolean | number> {
  return {
    xla_gpu_exclude_nondeterministic_ops: true,
    ...(platform === 'cuda' && cudaDir !== undefined && { xla_gpu_cuda_data_dir: cudaDir }),
  };
}

/** A start beyond the tensor would be moved inside by XLA without a word. */
function checkStarts(name: string, { results }: Session, writes: NonNullable<ProgramRunOptions['writes']>): void {
  for (const [output, { into, axis, start }] of Object.entries(writes)) {
    const size = results.find((result) => result.name === output)!.shape[axis] ?? 1;
    if (start < 0 || start + size > (into.shape[axis] ?? 1)) {
      const target = `${into.dtype} [${into.shape.join(', ')}]`;
      throw new EngineError(`the output ${output} does not fit at ${start} along axis ${axis} of a resident tensor ${target}`, {
        where: name,
      });
    }
  }
}
