import { availableParallelism } from 'node:os';
import { createRequire } from 'node:module';
import { EngineError, InternalError } from '@pharmacist/core';
import type { Provider } from '../graph/graph-builder.ts';
import { countMatMulFlops, peakActivationBytes } from '../graph/passes.ts';
import { trace } from '../graph/trace.ts';
import type { DType, HostTensor, Shape } from '../host-tensor.ts';
import { sizeOf } from '../host-tensor.ts';
import { lowerToOnnx, outputName } from '../onnx/lower.ts';
import { residentModels } from '../onnx/resident-models.ts';
import type { Engine, EngineFunction, EngineInput, EngineUsage, Program, ProgramCost, ResidentTensor, RunOptions } from './engine.ts';
import { describeInputs, isResident, signatureOf } from './engine.ts';
import { SessionClient } from './session-client.ts';
import type { Feed, WorkerRequest } from './worker-protocol.ts';

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
  readonly inputNames: readonly string[];
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
  readonly #maxSessions: number;
  readonly #maxArenaBytes: number;
  readonly #client: SessionClient<WorkerRequest>;
  /** In order of last use, oldest first. */
  readonly #sessions = new Map<string, Session>();
  readonly #residents = new Map<ResidentTensor, number>();
  #residentBytes = 0;
  #numIds = 0;
  #isDisposed = false;
  /** Ends when the session of the last call is found or made, and its run handed to the worker. */
  #lastCall: Promise<unknown> = Promise.resolve();

  constructor({
    provider = 'cpu',
    numThreads = availableParallelism(),
    maxSessions = 32,
    maxArenaBytes = 2 ** 29,
  }: OnnxEngineOptions = {}) {
    this.name = provider === 'cpu' ? 'onnx' : `onnx-${provider}`;
    // What a resident tensor is on the CPU costs no transfer, and with CUDA it is one for each run.
    this.keepsParameters = provider === 'webgpu';
    this.#provider = provider;
    this.#maxSessions = maxSessions;
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
  }

  compile(name: string, program: Program): EngineFunction {
    const functionId = this.#numIds++;
    const sessionFor = (inputs: Readonly<Record<string, EngineInput>>, kept: readonly string[] = []) =>
      this.#session([functionId, signatureOf(inputs), ...kept].join(' '), name, program, inputs, kept);
    return {
      name,
      run: async (inputs, options) => {
        const { results } = await this.#inOrder(name, async () => {
          const session = await sessionFor(inputs, this.#keptOutputs(options));
          return { results: this.#run(name, session, inputs, options) };
        });
        return await results;
      },
      cost: async (inputs) => (await this.#inOrder(name, () => sessionFor(inputs))).cost,
    };
  }

  async upload(tensor: HostTensor, { move = false } = {}): Promise<ResidentTensor> {
    this.#assertOpen('upload');
    const id = this.#numIds++;
    const ownsBuffer = tensor.data.byteLength === tensor.data.buffer.byteLength;
    const data = move && ownsBuffer ? tensor.data : tensor.data.slice();
    await this.#client.request('upload', { type: 'put', id, tensor: { shape: tensor.shape, dtype: tensor.dtype, data } }, [
      data.buffer as ArrayBuffer,
    ]);
    return this.#resident(id, tensor.shape, tensor.dtype);
  }

  async zeros(shape: Shape, dtype: DType = 'float32'): Promise<ResidentTensor> {
    this.#assertOpen('zeros');
    const id = this.#numIds++;
    await this.#client.request('zeros', { type: 'zeros', id, shape, dtype });
    return this.#resident(id, shape, dtype);
  }

  async download(tensor: ResidentTensor): Promise<HostTensor> {
    return (await this.#client.request('download', { type: 'get', id: this.#idOf(tensor) })) as HostTensor;
  }

  get #arenaBytes(): number {
    return [...this.#sessions.values()].reduce((sum, { arenaBytes }) => sum + arenaBytes, 0);
  }

  usage(): EngineUsage {
    return {
      sessions: this.#sessions.size,
      arenaBytes: this.#arenaBytes,
      residentTensors: this.#residents.size,
      residentBytes: this.#residentBytes,
    };
  }

  async dispose(): Promise<void> {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    await this.#lastCall;
    this.#sessions.clear();
    this.#residents.clear();
    this.#residentBytes = 0;
    await this.#client.close();
  }

  /**
   * One call after another finds or makes its session and hands its run to the worker, which keeps the order: so no session is released
   * between being found and being run, and a run sees what the calls before it wrote.
   */
  #inOrder<T>(name: string, body: () => Promise<T>): Promise<T> {
    this.#assertOpen(name);
    const result = this.#lastCall.then(body);
    this.#lastCall = result.catch(() => undefined);
    return result;
  }

  #assertOpen(where: string): void {
    if (this.#isDisposed) throw new InternalError('the engine was disposed of', { where });
  }

  /** Outputs that stay on the device. ONNX Runtime fixes the place of an output when the session is made, so they are part of its key. */
  #keptOutputs({ writes = {} }: RunOptions = {}): string[] {
    return this.#provider === 'webgpu' ? Object.keys(writes).sort() : [];
  }

  async #session(
    key: string,
    name: string,
    program: Program,
    inputs: Readonly<Record<string, EngineInput>>,
    kept: readonly string[],
  ): Promise<Session> {
    const session = this.#sessions.get(key) ?? (await this.#create(name, program, inputs, kept));
    this.#sessions.delete(key);
    this.#sessions.set(key, session);
    await this.#releaseOldest(session);
    return session;
  }

  async #create(name: string, program: Program, inputs: Readonly<Record<string, EngineInput>>, kept: readonly string[]): Promise<Session> {
    const graph = await trace(name, program, inputs, this.#provider);
    const model = lowerToOnnx(graph);
    const id = this.#numIds++;
    const outputs = model.outputs.map(({ name: output, shape, dtype }) => {
      if (dtype !== 'float32' && dtype !== 'int32') throw new InternalError(`output "${output}" is ${dtype}`, { where: name });
      return { name: output, tensorName: outputName(output), shape: [...shape], dtype, isKept: kept.includes(output) };
    });
    const cost = {
      matMulFlops: countMatMulFlops(graph),
      peakActivationBytes: peakActivationBytes(graph),
      numNodes: graph.nodes.filter(({ node }) => node.kind === 'operation').length,
    };
    const hasArena = this.#arenaBytes + cost.peakActivationBytes <= this.#maxArenaBytes;
    await this.#client.request(callOf(name, inputs), { type: 'create', session: id, model: model.bytes, outputs, hasArena });
    return { id, inputNames: model.inputNames, cost, arenaBytes: hasArena ? cost.peakActivationBytes : 0 };
  }

  async #releaseOldest(keep: Session): Promise<void> {
    for (const [key, session] of this.#sessions) {
      if (this.#sessions.size <= this.#maxSessions) return;
      if (session === keep) continue;
      this.#sessions.delete(key);
      await this.#client.request('release', { type: 'release', session: session.id });
    }
  }

  async #run(
    name: string,
    session: Session,
    inputs: Readonly<Record<string, EngineInput>>,
    { writes = {} }: RunOptions = {},
  ): Promise<Record<string, HostTensor>> {
    const feeds = session.inputNames.map((input): Feed => {
      const value = inputs[input]!;
      return isResident(value)
        ? { name: input, resident: this.#idOf(value) }
        : { name: input, tensor: { shape: value.shape, dtype: value.dtype, data: ownBuffer(value.data) } };
    });
    const targets = Object.fromEntries(
      Object.entries(writes).map(([output, { into, axis, start }]) => [output, { into: this.#idOf(into), axis, start }]),
    );
    const request = { type: 'run', session: session.id, feeds, writes: targets } as const;
    return (await this.#client.request(callOf(name, inputs), request)) as Record<string, HostTensor>;
  }

  #resident(id: number, shape: Shape, dtype: DType): ResidentTensor {
    const bytes = sizeOf(shape) * 4;
    const tensor: ResidentTensor = {
      isResident: true,
      shape,
      dtype,
      dispose: async () => {
        if (!this.#residents.delete(tensor)) return;
        this.#residentBytes -= bytes;
        await this.#client.request('release', { type: 'drop', id });
      },
    };
    this.#residents.set(tensor, id);
    this.#residentBytes += bytes;
    return tensor;
  }

  #idOf(tensor: ResidentTensor): number {
    const id = this.#residents.get(tensor);
    if (id === undefined) throw new InternalError('a resident tensor was used after it was released, or with another engine');
    return id;
  }
}

/** Names a call in errors: "step (inputIds int32 [4, 128], 210 resident)". */
function callOf(name: string, inputs: Readonly<Record<string, EngineInput>>): string {
  return `${name} (${describeInputs(inputs)})`;
}

/** A message to the worker carries the whole buffer below an array: a view of a larger one is copied out first. */
function ownBuffer(data: Float32Array | Int32Array): Float32Array | Int32Array {
  return data.byteLength === data.buffer.byteLength ? data : data.slice();
}

/** @throws {EngineError} if the package is not installed. */
export function packageVersion(name: string): string {
  try {
    const manifest = createRequire(import.meta.url)(`${name}/package.json`) as { version: string };
    return manifest.version;
  } catch (cause) {
    throw new EngineError(`the package ${name} is not installed`, { cause, hint: 'install the dependencies again' });
  }
}
