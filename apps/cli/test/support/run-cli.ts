import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { bundledProgram } from '@pharmacist/tooling/vitest/bundled-program';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
/** Compiles TypeScript that is loaded. */
export const LOADER = new URL('../../scripts/development-loader.mjs', import.meta.url).href;
/** The command as `pnpm start` has it, which compiles what has changed. */
const FROM_SOURCE = [process.execPath, '--conditions=@pharmacist/source', '--import', LOADER, MAIN];
/** The same in one bundle, made once for the tests of this process. */
export const PROGRAM: readonly string[] = [process.execPath, await bundledProgram(MAIN, fileURLToPath(new URL('../..', import.meta.url)))];

export interface CliResult {
  status: number | null;
  stdout: string;
  stderr: string;
}

export interface CliSurroundings {
  cwd: string;
  input?: string;
  /** Added to the environment. */
  env?: Readonly<Record<string, string>>;
  /** Words before the program, for instance to start it in a network of its own. */
  prefix?: readonly string[];
  /** A file that standard output goes to; it is kept for the test if left out. */
  stdout?: number | 'pipe';
  /** Starts a group of processes of its own, as a package manager does. */
  isGroup?: boolean;
  isFromSource?: boolean;
}

export interface RunningCli {
  child: ChildProcess;
  /** Resolves when standard error holds `text`. */
  said(text: string): Promise<void>;
  end: Promise<CliResult>;
}

/** Starts the command in `cwd`, without a terminal. */
export function startCli(
  args: readonly string[],
  { cwd, input = '', env: ownEnv = {}, prefix = [], stdout: file = 'pipe', isGroup = false, isFromSource = false }: CliSurroundings,
): RunningCli {
  const { INIT_CWD: _, ...env } = process.env;
  const [program, ...words] = [...prefix, ...(isFromSource ? FROM_SOURCE : PROGRAM), ...args];
  const child = spawn(program!, words, { cwd, env: { ...env, ...ownEnv }, stdio: ['pipe', file, 'pipe'], detached: isGroup });
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (piece) => (stdout += String(piece)));
  child.stderr!.on('data', (piece) => (stderr += String(piece)));
  child.stdin!.on('error', () => {}).end(input);
  const end = once(child, 'close').then(([status]) => ({ status: status as number | null, stdout, stderr }));
  const said = async (text: string) => {
    const ended = end.then(() => true);
    while (!stderr.includes(text)) {
      if (await Promise.race([ended, new Promise<false>((resolve) => setTimeout(() => resolve(false), 5))])) {
        throw new Error(`the command ended before it said "${text}": ${stderr}`);
      }
    }
  };
  return { child, said, end };
}

export async function runCli(args: readonly string[], options: CliSurroundings): Promise<CliResult> {
  return await startCli(args, options).end;
}
