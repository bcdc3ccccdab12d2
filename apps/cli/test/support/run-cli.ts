import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

export interface CliResult {
  status: number | null;
  stdout: string;
  stderr: string;
}

export interface RunningCli {
  child: ChildProcess;
  /** Resolves when standard error holds `text`. */
  said(text: string): Promise<void>;
  end: Promise<CliResult>;
}

/** Starts the command from source in `cwd`, without a terminal. */
export function startCli(args: readonly string[], { cwd, input = '' }: { cwd: string; input?: string }): RunningCli {
  const { INIT_CWD: _, ...env } = process.env;
  const node = ['--conditions=@pharmacist/source', '--import', import.meta.resolve('tsx'), MAIN, ...args];
  const child = spawn(process.execPath, node, { cwd, env, stdio: 'pipe' });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (piece) => (stdout += String(piece)));
  child.stderr.on('data', (piece) => (stderr += String(piece)));
  child.stdin.on('error', () => {}).end(input);
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

export async function runCli(args: readonly string[], options: { cwd: string; input?: string }): Promise<CliResult> {
  return await startCli(args, options).end;
}
