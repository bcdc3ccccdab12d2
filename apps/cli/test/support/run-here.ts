import { vi } from 'vitest';
import { runCommandLine } from '../../src/command-line.ts';
import type { CliResult } from './run-cli.ts';

/**
 * Runs a command in this process, for tests of what it says and does: most of a start is reading the packages, which are read here already. How a
 * process begins, is interrupted and ends, `runCli` shows.
 */
export async function runHere(
  args: readonly string[],
  { cwd, env = {} }: { cwd: string; env?: Readonly<Record<string, string>> },
): Promise<CliResult> {
  const before = { cwd: process.cwd(), exitCode: process.exitCode };
  const said = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((piece: unknown, ...rest: unknown[]) => {
      said[stream] += piece instanceof Uint8Array ? Buffer.from(piece).toString('utf8') : String(piece);
      const [done] = rest.filter((value) => typeof value === 'function') as [(() => void)?];
      if (done !== undefined) queueMicrotask(done);
      return true;
    }),
  );
  process.chdir(cwd);
  process.exitCode = undefined;
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  try {
    const status = await runCommandLine(args);
    return { status: status === 0 ? exitCode() : status, ...said };
  } finally {
    process.chdir(before.cwd);
    process.exitCode = before.exitCode;
    for (const spy of spies) spy.mockRestore();
    vi.unstubAllEnvs();
  }
}

/** What a command set by itself. */
function exitCode(): number {
  return Number(process.exitCode ?? 0);
}
