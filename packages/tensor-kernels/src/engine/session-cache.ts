import { InternalError } from '@pharmacist/core';

/**
 * The sessions of an engine that compiles, bounded in number: the least recently used is released first. Calls are made one after another, each
 * finding or making its session and handing its run to the worker, which keeps the order: so no session is released between being found and
 * being run, and a run sees what the calls before it wrote.
 */
export class SessionCache<S> {
  readonly #maxSessions: number;
  readonly #release: (session: S) => Promise<unknown>;
  /** In order of last use, oldest first. */
  readonly #sessions = new Map<string, S>();
  #isClosed = false;
  /** Ends when the session of the last call is found or made, and its run handed to the worker. */
  #lastCall: Promise<unknown> = Promise.resolve();

  constructor(maxSessions: number, release: (session: S) => Promise<unknown>) {
    this.#maxSessions = maxSessions;
    this.#release = release;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get size(): number {
    return this.#sessions.size;
  }

  values(): Iterable<S> {
    return this.#sessions.values();
  }

  /** @throws {InternalError} after `close`. */
  assertOpen(where: string): void {
    if (this.#isClosed) throw new InternalError('the engine was disposed of', { where });
  }

  /** Runs `body` after that of the call before it. */
  inOrder<T>(name: string, body: () => Promise<T>): Promise<T> {
    this.assertOpen(name);
    const result = this.#lastCall.then(body);
    this.#lastCall = result.catch(() => undefined);
    return result;
  }

  /** The session of a key, made if there is none; within `inOrder` only. */
  async find(key: string, make: () => Promise<S>): Promise<S> {
    const session = this.#sessions.get(key) ?? (await make());
    this.#sessions.delete(key);
    this.#sessions.set(key, session);
    for (const [oldKey, old] of this.#sessions) {
      if (this.#sessions.size <= this.#maxSessions) break;
      if (old === session) continue;
      this.#sessions.delete(oldKey);
      await this.#release(old);
    }
    return session;
  }

  /** Takes no more calls and forgets the sessions, once the last call was handed over. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#lastCall;
    this.#sessions.clear();
  }
}
