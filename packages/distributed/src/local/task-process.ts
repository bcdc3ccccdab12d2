import { type ChildProcess, spawn } from 'node:child_process';
import { openLog } from '../log-files.ts';

export interface ProcessOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** How a process ended. */
export interface ProcessEnd {
  /** Undefined if a signal ended it, or it never started. */
  readonly exitStatus: number | undefined;
  readonly signal: NodeJS.Signals | null;
  /** Why it never started. */
  readonly problem: string | undefined;
  /** Bytes that its log had before it. */
  readonly logStart: number;
}

/** A process whose output goes straight into a file, so that nothing is lost if this program ends before it. */
export class TaskProcess {
  readonly end: Promise<ProcessEnd>;
  #child: ChildProcess | undefined;
  #isStopped = false;

  constructor(argv: readonly string[], options: ProcessOptions & { readonly log: string }) {
    this.end = this.#run(argv, options);
  }

  /** Asks it to end in good order. */
  stop(): void {
    this.#isStopped = true;
    this.#child?.kill('SIGTERM');
  }

  async #run([program, ...args]: readonly string[], { cwd, env, log }: ProcessOptions & { log: string }): Promise<ProcessEnd> {
    const { file, start: logStart } = await openLog(log);
    try {
      if (this.#isStopped) return { exitStatus: undefined, signal: 'SIGTERM', problem: undefined, logStart };
      // A group of its own: Ctrl-C in a terminal reaches this program alone, which passes it on once.
      const child = spawn(program!, args, { cwd, env: { ...env }, stdio: ['ignore', file.fd, file.fd], detached: true });
      this.#child = child;
      return await new Promise<ProcessEnd>((resolve) => {
        child.once('error', (error) =>
          resolve({ exitStatus: undefined, signal: null, problem: `cannot be started: ${error.message}`, logStart }),
        );
        child.once('exit', (code, signal) => resolve({ exitStatus: code ?? undefined, signal, problem: undefined, logStart }));
      });
    } finally {
      await file.close();
    }
  }
}

/** Most that a process is heard to say. */
const MAX_OUTPUT = 1 << 20;

/** Runs a process to its end. @returns its status and standard output. */
export async function outputOf(
  [program, ...args]: readonly string[],
  { cwd, env, input = '' }: ProcessOptions & { readonly input?: string },
): Promise<{ exitStatus: number | undefined; output: string; errors: string }> {
  const child = spawn(program!, args, { cwd, env: { ...env }, stdio: 'pipe' });
  let [output, errors] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (output = (output + piece).slice(-MAX_OUTPUT)));
  child.stderr.setEncoding('utf8').on('data', (piece: string) => (errors = (errors + piece).slice(-MAX_OUTPUT)));
  child.stdin.on('error', () => undefined).end(input);
  return await new Promise((resolve) => {
    child.once('error', (error) => resolve({ exitStatus: undefined, output, errors: error.message }));
    child.once('close', (code) => resolve({ exitStatus: code ?? undefined, output, errors }));
  });
}
