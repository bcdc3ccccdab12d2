// @ts-check
// Plain JavaScript, as the workers are: its test runs it in processes of their own.
import { spawn } from 'node:child_process';
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Waits for the end of its input, which is the end of the process that it watches, then says what that process was at (file 3), if anything.
 * The process cannot: a fault in native code ends it at once.
 */
const SCRIPT = `cat > /dev/null
work=$(cat <&3)
[ -z "$work" ] || printf '%s\\n' "$work" >&2`;

/** Longest message, in characters. */
const MAX_LENGTH = 2000;

/**
 * Says on standard error which call into a native library was at work when the process ended without a word: by a fault in the library, or
 * because the system took it for its memory. A shell waits beside the process; what is at work stands in an unlinked file that both hold open.
 */
export class CrashWatch {
  /** @type {string} */ #library;
  /** @type {string} */ #hint;
  /** @type {number} */ #file;
  /** @type {() => void} Ends the shell's input. */ #release;
  #isClosed = false;
  #onExit = () => this.idle();

  /** @param {string} library @param {string} hint */
  constructor(library, hint) {
    this.#library = library;
    this.#hint = hint;
    const dir = mkdtempSync(join(tmpdir(), 'pharmacist-watch-'));
    this.#file = openSync(join(dir, 'work'), 'w+');
    rmSync(dir, { recursive: true });
    // In a process group of its own, so that Ctrl-C in a terminal does not reach it.
    const shell = spawn('/bin/sh', ['-c', SCRIPT], { stdio: ['pipe', 'ignore', 'inherit', this.#file], detached: true });
    const stdin = /** @type {import('node:net').Socket} */ (shell.stdin);
    for (const emitter of [shell, stdin]) emitter.on('error', () => undefined);
    for (const handle of [shell, stdin]) handle.unref();
    this.#release = () => stdin.destroy();
    process.on('exit', this.#onExit);
  }

  /**
   * @param {string} library for people, with its file. @param {string} hint what a person can do.
   * @returns {CrashWatch | undefined} undefined where there is no shell to wait, or nowhere to write.
   */
  static start(library, hint) {
    if (process.platform === 'win32') return undefined;
    try {
      return new CrashWatch(library, hint);
    } catch {
      return undefined; // A full folder of temporary files is no reason not to compute.
    }
  }

  /** @param {string} what names the call that is made now. */
  begins(what) {
    if (this.#isClosed) return;
    const message = `error ${this.#library} ended the process during "${what}", or the system did for want of memory. ${this.#hint}`;
    const bytes = Buffer.from(message.replaceAll('\0', '').slice(0, MAX_LENGTH));
    writeSync(this.#file, bytes, 0, bytes.length, 0);
    ftruncateSync(this.#file, bytes.length);
  }

  /** Nothing is at work: an end of the process now is nobody's fault. */
  idle() {
    if (!this.#isClosed) ftruncateSync(this.#file, 0);
  }

  close() {
    if (this.#isClosed) return;
    this.idle();
    this.#isClosed = true;
    process.off('exit', this.#onExit);
    this.#release();
    closeSync(this.#file);
  }
}
