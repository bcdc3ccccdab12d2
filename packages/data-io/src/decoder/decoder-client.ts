import { fork, type ChildProcess } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DataError, FileError, InternalError, InterruptedError } from '@pharmacist/core';
import { spentMs } from './spent-time.ts';
import type { DecoderFailure, DecoderReply, DecoderRequest } from './decoder-protocol.ts';

export interface ReplyBounds {
  /** For messages. */
  label: string;
  /** How long the process may work for this reply; where others keep the machine busy the wait is longer, up to PATIENCE times. */
  timeoutMs: number;
  /** Shown when `timeoutMs` is over. */
  hint: string;
  signal: AbortSignal | undefined;
}

const STDERR_CHARS = 4000;
/** A process that has no time of a processor at all, as behind a drive that does not answer, is given up in the end. */
const PATIENCE = 20;

/** The asking end of a decoder process. It keeps the program alive only while a reply is waited for. */
export class DecoderClient {
  readonly #child: ChildProcess;
  readonly #maxMegabytes: number;
  readonly #replies: DecoderReply[] = [];
  #onChange: (() => void) | undefined;
  #ended: { code: number | null; signal: string | null } | undefined;
  #stderr = '';

  /** @param maxMegabytes the process is ended when its memory passes this bound. */
  constructor(maxMegabytes: number) {
    this.#maxMegabytes = maxMegabytes;
    this.#child = fork(programPath(), [String(maxMegabytes * 2 ** 20)], {
      serialization: 'advanced',
      execArgv: [...loaderOptions(), `--max-old-space-size=${maxMegabytes}`],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child.stderr?.on('data', (piece) => (this.#stderr = (this.#stderr + String(piece)).slice(-STDERR_CHARS)));
    this.#child.on('message', (reply) => {
      this.#replies.push(reply as DecoderReply);
      this.#onChange?.();
    });
    const end = (code: number | null, signal: string | null): void => {
      this.#ended ??= { code, signal };
      this.#onChange?.();
    };
    this.#child.on('exit', end).on('error', (error) => {
      this.#stderr = error.message;
      end(null, null);
    });
    this.#hold(false);
  }

  get maxMegabytes(): number {
    return this.#maxMegabytes;
  }

  get hasEnded(): boolean {
    return this.#ended !== undefined;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Time that the process has had so far. */
  get spentMs(): number {
    return spentMs(this.pid);
  }

  send(request: DecoderRequest): void {
    // A process that is gone is found when its reply is waited for.
    if (this.#child.connected) this.#child.send(request, () => {});
  }

  /**
   * The next reply.
   * @throws {InterruptedError} as soon as `signal` is aborted. @throws {DataError} if the time or the memory is used up; the process has
   * ended then.
   */
  async reply({ label, timeoutMs, hint, signal }: ReplyBounds): Promise<DecoderReply> {
    let isTimeOver = false;
    const [spentBefore, start] = [this.spentMs, performance.now()];
    const look = () => {
      const leftMs = timeoutMs - (this.spentMs - spentBefore);
      isTimeOver = leftMs <= 0 || performance.now() - start > PATIENCE * timeoutMs;
      if (isTimeOver) this.#onChange?.();
      else timer = setTimeout(look, leftMs);
    };
    let timer = setTimeout(look, timeoutMs);
    const onAbort = (): void => this.#onChange?.();
    signal?.addEventListener('abort', onAbort);
    this.#hold(true);
    try {
      for (;;) {
        if (signal?.aborted === true) throw new InterruptedError();
        const reply = this.#replies.shift();
        if (reply !== undefined) return reply;
        if (this.#ended !== undefined) throw this.#endError(label, hint);
        if (isTimeOver) {
          throw new DataError(`takes longer to decode than its size allows (${Math.round(timeoutMs / 1000)} s)`, { where: label, hint });
        }
        await new Promise<void>((resolve) => (this.#onChange = resolve));
      }
    } finally {
      this.#onChange = undefined;
      this.#hold(false);
      signal?.removeEventListener('abort', onAbort);
      clearTimeout(timer);
    }
  }

  /** Ends the process, whatever it is doing. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #hold(isWaiting: boolean): void {
    // The streams of a process hold the program as well as the process itself.
    const handles = [this.#child, this.#child.channel, this.#child.stderr as { ref?(): void; unref?(): void } | null];
    for (const handle of handles) handle?.[isWaiting ? 'ref' : 'unref']?.();
  }

  /** A signal means that the memory was used up: of V8's bound, of the guard's, or of the machine. */
  #endError(label: string, hint: string): Error {
    const { code, signal } = this.#ended!;
    if (signal !== null || code === 134) {
      return new DataError(`cannot be decoded within ${this.#maxMegabytes} MB of memory`, { where: label, hint });
    }
    return new InternalError(`the process that decodes ended with status ${code}: ${this.#stderr.trim()}`, { where: label });
  }
}

/** The error that a decoder process reported, as it was there. */
export function errorOfFailure({ code, message, causeStack, ...fields }: DecoderFailure): Error {
  const cause = causeStack === undefined ? undefined : Object.assign(new Error(message), { stack: causeStack });
  const ErrorClass = code === 'E_DATA' ? DataError : code === 'E_FILE' ? FileError : InternalError;
  return new ErrorClass(message, { ...fields, cause });
}

function programPath(): string {
  return fileURLToPath(new URL(`decoder-process${extname(import.meta.url)}`, import.meta.url));
}

/** Of a clone, where the program is TypeScript: the loader, which is in no package that is shipped. */
function loaderOptions(): string[] {
  return extname(import.meta.url) === '.ts'
    ? ['--conditions=@pharmacist/source', '--import', import.meta.resolve('@pharmacist/tooling/loader')]
    : [];
}
