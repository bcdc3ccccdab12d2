import { Worker } from 'node:worker_threads';
import { EngineError } from '@pharmacist/core';
import type { Provider } from '../graph/graph-builder.ts';
import type { WorkerReply, WorkerRequest } from './worker-protocol.ts';

interface PendingCall {
  resolve(value: unknown): void;
  reject(error: unknown): void;
  what: string;
}

/** The main thread's end of the session worker: requests out, promises back. */
export class SessionClient {
  readonly #worker: Worker;
  readonly #pending = new Map<number, PendingCall>();
  #numCalls = 0;
  #failure: EngineError | undefined;
  #isClosing = false;

  constructor(options: { provider: Provider; numThreads: number }) {
    this.#worker = new Worker(new URL('./session-worker.js', import.meta.url), { workerData: options, execArgv: [] });
    this.#worker.unref();
    this.#worker.on('message', (reply: WorkerReply) => this.#settle(reply));
    this.#worker.on('error', (error) => this.#fail(`the ONNX Runtime worker failed: ${error.message}`, error));
    this.#worker.on('exit', (code) => this.#isClosing || this.#fail(`the ONNX Runtime worker ended with status ${code}`));
  }

  /** @param what names the work in an error. @throws {EngineError} with the runtime's own message. */
  async request(what: string, request: WorkerRequest, transfer: ArrayBuffer[] = []): Promise<unknown> {
    if (this.#failure !== undefined) throw this.#failure;
    const call = this.#numCalls++;
    this.#worker.ref();
    return await new Promise((resolve, reject) => {
      this.#pending.set(call, { resolve, reject, what });
      this.#worker.postMessage({ call, request }, transfer);
    });
  }

  async close(): Promise<void> {
    if (this.#isClosing) return;
    this.#isClosing = true;
    if (this.#failure === undefined) await this.request('close', { type: 'close' });
    await this.#worker.terminate();
  }

  #settle({ call, value, error }: WorkerReply): void {
    const pending = this.#pending.get(call);
    this.#pending.delete(call);
    if (this.#pending.size === 0) this.#worker.unref();
    if (error === undefined) pending?.resolve(value);
    else pending?.reject(new EngineError(`ONNX Runtime: ${error}`, { where: pending.what }));
  }

  #fail(message: string, cause?: unknown): void {
    this.#failure = new EngineError(message, { cause, hint: 'run `pharmacist doctor` to see which engines work here' });
    for (const { reject } of this.#pending.values()) reject(this.#failure);
    this.#pending.clear();
  }
}
