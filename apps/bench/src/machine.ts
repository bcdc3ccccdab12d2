import { execFile } from 'node:child_process';
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { promisify } from 'node:util';

/** Where a result was measured: what two files must share to be comparable. */
export interface Machine {
  readonly cpuModel: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly platform: string;
  readonly node: string;
}

export function describeMachine(): Machine {
  const all = cpus();
  return {
    cpuModel: all[0]?.model ?? 'unknown',
    cores: all.length,
    memoryBytes: totalmem(),
    platform: `${platform()} ${release()} ${arch()}`,
    node: process.versions.node,
  };
}

/** Mean number of runnable threads over the last minute. */
export function currentLoad(): number {
  return loadavg()[0]!;
}

/** Load of others above which figures are not to be trusted. */
const MAX_QUIET_LOAD = 1;

/** @param load of others, without the threads of the measurement itself. */
export function isQuiet(load: number): boolean {
  return load <= MAX_QUIET_LOAD;
}

/** Commit of the repository, with "+changes" where files differ from it; "unknown" outside of one. */
export async function gitCommit(dir: string): Promise<string> {
  const git = async (...args: string[]) => (await promisify(execFile)('git', ['-C', dir, ...args])).stdout.trim();
  try {
    const commit = await git('rev-parse', 'HEAD');
    return (await git('status', '--porcelain', '--untracked-files=no')) === '' ? commit : `${commit}+changes`;
  } catch {
    return 'unknown';
  }
}
