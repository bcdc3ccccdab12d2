import { availableParallelism } from 'node:os';
import type { Provider } from '../graph/graph-builder.ts';
import { trace } from '../graph/trace.ts';
import { halvesOf, readStored } from '../graph/stored-inputs.ts';
import type { DType, HalfTensor, HostTensor, Shape } from '../host-tensor.ts';
import { isHalf, sizeOf, widened } from '../host-tensor.ts';
import { scaleToFloat16 } from '../scaled-float16.ts';
import { lowerToOnnx, type ModelInput, outputName } from '../onnx/lower.ts';
import { residentModels } from '../onnx/resident-models.ts';
import type {
  Engine,
  EngineFunction,
  EngineInput,
  EngineUsage,
  Program,
  ProgramCost,
  ResidentTensor,
  ProgramRunOptions,
} from './engine.ts';
import { callOf, costOf, outputType, ownBuffer, packageVersion } from './calls.ts';
import { isResident, signatureOf } from './engine.ts';
import { ResidentTable } from './resident-table.ts';
import { SessionCache } from './session-cache.ts';
import { SessionClient } from './session-client.ts';
import type { Feed, WorkerRequest } from './worker-protocol.ts';

/** Bound on the sum of the sessions' estimated arenas unless another is given, in bytes. */
export const MAX_ARENA_BYTES = 2 ** 29;

export interface OnnxEngineOptions {
  /** Execution provider of ONNX Runtime. */
  provider?: Provider;
  /** Threads of one operation; all cores by default. */
  numThreads?: number;
  /** Most sessions kept at once; the least recently used is released first. */
  maxSessions?: number;
  /**
   * Bound on the sum of the sessions' estimated arenas, in bytes. A session within it keeps its memory between runs, which is a tenth
   * faster (measured); one beyond it takes memory from the process for each run and gives it back, so that many shapes cost no more than one.
   */
  maxArenaBytes?: number;
}

interface Session {
  readonly id: number;
  readonly inputs: readonly ModelInput[];
  readonly cost: ProgramCost;
  /** Estimated bytes that the session keeps between runs; 0 without an arena. */
  readonly arenaBytes: number;
}

/**
 * Compiles: a program is traced once for each signature of input shapes, lowered to one ONNX graph and run by onnxruntime-node in a worker
 * thread. Sessions are bounded in number and released least recently used; the memory they keep is bounded apart from that.
 */
export class OnnxEngine implements Engine {
  /** By provider: results of one are not continued on another. */
  readonly name: 'onnx' | 'onnx-cuda' | 'onnx-webgpu';
  readonly description: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly keepsParameters: boolean;
  readonly #provider: Provider;
  readonly #numThreads: number;
  readonly #maxArenaBytes: number;
  readonly #client: SessionClient<WorkerRequest>;
  readonly #sessions: SessionCache<Session>;
  readonly #residents: ResidentTable<{ readonly id: number; readonly bytes: number }>;
  #numIds = 0;

  constructor({
    provider = 'cpu',
    numThreads = availableParallelism(),
    maxSessions = 32,
    maxArenaBytes = MAX_ARENA_BYTES,
  }: OnnxEngineOptions = {}) {
    this.name = provider === 'cpu' ? 'onnx' : `onnx-${provider}`;
    // What a resident tensor is on the CPU costs no transfer, and with CUDA it is one for each run.
    this.keepsParameters = provider === 'webgpu';
    this.#provider = provider;
    this.#numThreads = numThreads;
    this.#maxArenaBytes = maxArenaBytes;
    this.description = provider === 'cpu' ? `onnx (cpu, ${numThreads} thread${numThreads === 1 ? '' : 's'})` : `onnx (${provider})`;
    this.versions = {
      'onnxruntime-node': packageVersion('onnxruntime-node'),
      '@tensorflow/tfjs-core': packageVersion('@tensorflow/tfjs-core'),
    };
    // Behind the CUDA provider onnxruntime-node cannot keep tensors: it copies them for each run.
    const models = provider === 'webgpu' ? residentModels() : undefined;
    this.#client = new SessionClient({
      file: './session-worker.js',
      runtime: 'ONNX Runtime',
      workerData: { provider, numThreads, models },
    });
    const release = async (session: Session) => await this.#client.request('release', { type: 'release', session: session.id });
    this.#sessions = new SessionCache(maxSessions, release);
    this.#residents = new ResidentTable(async ({ id }) => await this.#client.request('release', { type: 'drop', id }));
  }

  compile(name: string, program: Program): EngineFunction {
    const functionId = this.#numIds++;
    const sessionFor = (inputs: Readonly<Record<string, EngineInput>>, kept: readonly string[] = []) =>
      this.#sessions.find(
        [functionId, signatureOf(inputs), ...kept].join(' '),
        async () => await this.#create(name, program, inputs, kept),
      );
    return {
      name,
      run: async (inputs, options) => {
        const { results } = await this.#sessions.inOrder(name, async () => {
          const session = await sessionFor(inputs, this.#keptOutputs(options));
          return { results: this.#run(name, session, inputs, options) };
        });
        return await results;
      },
      cost: async (inputs) => (await this.#sessions.inOrder(name, () => sessionFor(inputs))).cost,
    };
  }

  async upload(given: HostTensor | HalfTensor, { move = false } = {}): Promise<ResidentTensor> {
    this.#sessions.assertOpen('upload');
    // Other providers copy inputs to their device, where nothing of this was tried.
    const tensor = isHalf(given) && this.#provider !== 'cpu' ? widened(given) : given;
    const { shape, dtype } = tensor;
    const id = this.#numIds++;
    const bytes = tensor.data.byteLength;
    const ownsBuffer = bytes === tensor.data.buffer.byteLength;
    const data = move && ownsBuffer ? tensor.data : tensor.data.slice();
    const exponent = dtype === 'bfloat16' ? scaleToFloat16(data as Uint16Array) : undefined;
    const kept = { shape, dtype: exponent === undefined ? dtype : 'float16', data } as HostTensor | HalfTensor;
    await this.#client.request('upload', { type: 'put', id, tensor: kept }, [data.buffer as ArrayBuffer]);
    return isHalf(kept)
      ? this.#residents.add(shape, 'float32', { id, bytes }, { stored: kept.dtype, ...(exponent !== undefined && { exponent }) })
      : this.#residents.add(shape, kept.dtype, { id, bytes });
  }

  async zeros(shape: Shape, dtype: DType = 'float32'): Promise<ResidentTensor> {
    this.#sessions.assertOpen('zeros');
    const id = this.#numIds++;
    await this.#client.request('zeros', { type: 'zeros', id, shape, dtype });
    return this.#residents.add(shape, dtype, { id, bytes: 4 * sizeOf(shape) });
  }

  async download(tensor: ResidentTensor): Promise<HostTensor> {
    const kept = (await this.#client.request('download', { type: 'get', id: this.#residents.of(tensor).id })) as HostTensor | HalfTensor;
    if (!isHalf(kept)) return kept;
    const { exponent = 0 } = tensor;
    const wide = widened(kept);
    return exponent === 0 ? wide : { ...wide, data: wide.data.map((value) => value * 2 ** -exponent) };
  }

  get #arenaBytes(): number {
    return [...this.#sessions.values()].reduce((sum, { arenaBytes }) => sum + arenaBytes, 0);
  }

  usage(): EngineUsage {
    return {
      sessions: this.#sessions.size,
      arenaBytes: this.#arenaBytes,
      residentTensors: this.#residents.size,
      residentBytes: this.#residents.bytes,
    };
  }

  async dispose(): Promise<void> {
    if (this.#sessions.isClosed) return;
    await this.#sessions.close();
    this.#residents.clear();
    await this.#client.close();
  }

  /** Outputs that stay on the device. ONNX Runtime fixes the place of an output when the session is made, so they are part of its key. */
  #keptOutputs({ writes = {} }: ProgramRunOptions = {}): string[] {
    return this.#provider === 'webgpu' ? Object.keys(writes).sort() : [];
  }

  async #create(name: string, program: Program, inputs: Readonly<Record<string, EngineInput>>, kept: readonly string[]): Promise<Session> {
    const traced = await trace(name, program, inputs, this.#provider);
    const halves = halvesOf(inputs);
    const graph = this.#provider === 'cpu' ? readStored(traced, { halves, numThreads: this.#numThreads }) : traced;
    const model = lowerToOnnx(graph);
    const id = this.#numIds++;
    const outputs = model.outputs.map(({ name: output, shape, dtype }) => {
      const type = outputType(output, dtype, name);
      return { name: output, tensorName: outputName(output), shape: [...shape], dtype: type, isKept: kept.includes(output) };
    });
    const cost = costOf(graph);
    const hasArena = this.#arenaBytes + cost.peakActivationBytes <= this.#maxArenaBytes;
    await this.#client.request(callOf(name, inputs), {
      type: 'create',
      session: id,
      model: model.bytes,
      outputs,
      hasArena,
      sharesNothing: halves.size > 0 || graph.nodes.some(({ node }) => node.origin?.isRepeat === true),
    });
    return { id, inputs: model.inputs, cost, arenaBytes: hasArena ? cost.peakActivationBytes : 0 };
  }

  async #run(
    name: string,
    session: Session,
    inputs: Readonly<Record<string, EngineInput>>,
    { writes = {} }: ProgramRunOptions = {},
  ): Promise<Record<string, HostTensor>> {
    const feeds = session.inputs.map(({ name: input, tensorName, rows }): Feed => {
      const value = inputs[input]!;
      const part = { name: tensorName, ...(rows !== undefined && { rows }) };
      return isResident(value)
        ? { ...part, resident: this.#residents.of(value).id }
        : { ...part, tensor: { shape: value.shape, dtype: value.dtype, data: ownBuffer(value.data) } };
    });
    const targets = Object.fromEntries(
      Object.entries(writes).map(([output, { into, axis, start }]) => [output, { into: this.#residents.of(into).id, axis, start }]),
    );
    const request = { type: 'run', session: session.id, feeds, writes: targets } as const;
    return (await this.#client.request(callOf(name, inputs), request)) as Record<string, HostTensor>;
  }
}
