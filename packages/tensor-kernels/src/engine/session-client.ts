import { Worker } from 'node:worker_threads';
import { EngineError } from '@pharmacist/core';
import type { CrashWatch } from './crash-watch.js';
import type { WorkerReply } from './worker-protocol.ts';

interface PendingCall {
  resolve(value: unknown): void;
  reject(error: unknown): void;
  what: string;
}

export interface SessionClientOptions {
  /** Of the worker, plain JavaScript beside this file. */
  readonly file: string;
  /** Name of what runs there, for errors. */
  readonly runtime: string;
  readonly workerData: unknown;
  /** Told what is at work; closed with the client. */
  readonly crashWatch?: CrashWatch | undefined;
}

/** The main thread's end of a session worker: requests out, promises back. `Request` holds a `{ type: 'close' }`. */
export class SessionClient<Request extends { readonly type: string }> {
  readonly #worker: Worker;
  readonly #runtime: string;
  readonly #crashWatch: CrashWatch | undefined;
  readonly #pending = new Map<number, PendingCall>();
  #numCalls = 0;
  #failure: EngineError | undefined;
  #isClosing = false;

  constructor({ file, runtime, workerData, crashWatch }: SessionClientOptions) {
    this.#runtime = runtime;
    this.#crashWatch = crashWatch;
    this.#worker = new Worker(new URL(file, import.meta.url), { workerData, execArgv: [] });
    this.#worker.unref();
    this.#worker.on('message', (reply: WorkerReply) => this.#settle(reply));
    this.#worker.on('error', (error) => this.#fail(`the ${runtime} worker failed: ${error.message}`, error));
    this.#worker.on('exit', (code) => this.#fail(`the ${runtime} worker ended with status ${code}`));
  }

  /** @param what names the work in an error. @throws {EngineError} with the runtime's own message. */
  async request(what: string, request: Request, transfer: ArrayBuffer[] = []): Promise<unknown> {
    if (this.#failure !== undefined) throw this.#failure;
    const call = this.#numCalls++;
    this.#worker.ref();
    if (this.#pending.size === 0) this.#crashWatch?.begins(what);
    return await new Promise((resolve, reject) => {
      this.#pending.set(call, { resolve, reject, what });
      this.#worker.postMessage({ call, request }, transfer);
    });
  }

  /** Ends the worker, whether it can close what it holds or not. @throws {EngineError} if it cannot. */
  async close(): Promise<void> {
    if (this.#isClosing) return;
    this.#isClosing = true;
    try {
      if (this.#failure === undefined) await this.request('close', { type: 'close' } as Request);
    } finally {
      await this.#worker.terminate();
      this.#crashWatch?.close();
    }
  }

  #settle({ call, value, error }: WorkerReply): void {
    const pending = this.#pending.get(call);
    this.#pending.delete(call);
    this.#tellWatch();
    if (this.#pending.size === 0) this.#worker.unref();
    if (error === undefined) pending?.resolve(value);
    else pending?.reject(new EngineError(`${this.#runtime}: ${error}`, { where: pending.what }));
  }

  #fail(message: string, cause?: unknown): void {
    this.#failure = new EngineError(message, { cause, hint: 'run `pharmacist doctor` to see which engines work here' });
    for (const { reject } of this.#pending.values()) reject(this.#failure);
    this.#pending.clear();
    this.#crashWatch?.idle();
  }

  /** Calls are answered in turn: the first that waits is the one at work. */
  #tellWatch(): void {
    const [first] = this.#pending.values();
    if (first === undefined) this.#crashWatch?.idle();
    else this.#crashWatch?.begins(first.what);
  }
}
