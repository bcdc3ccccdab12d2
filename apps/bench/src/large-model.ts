import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { InternalError } from '@pharmacist/core';
import type { LargeModelQuestion } from './large-model-child.ts';

/** The other end of `large-model-child.ts`: one question after another. */
export class LargeModel {
  readonly #child: ChildProcess;
  readonly #ended: Promise<never>;

  constructor() {
    this.#child = fork(new URL('./large-model-child.ts', import.meta.url), { serialization: 'advanced' });
    this.#ended = once(this.#child, 'exit').then(([code]) => {
      throw new InternalError(`the child process ended with ${String(code)}`, { where: 'bench/LargeModel' });
    });
    this.#ended.catch(() => undefined);
  }

  /** @throws {InternalError} with the stack of what was thrown there, or if the process ended. */
  async ask<A>(question: LargeModelQuestion): Promise<A> {
    this.#child.send(question);
    const [reply] = (await Promise.race([once(this.#child, 'message'), this.#ended])) as [{ answer: A; error?: string }];
    if (reply.error !== undefined) throw new InternalError(reply.error, { where: 'bench/LargeModel' });
    return reply.answer;
  }

  close(): void {
    this.#child.kill();
  }
}
