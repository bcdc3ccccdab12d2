import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/**
 * Where this account keeps what can be made again (XDG Base Directory Specification): `$XDG_CACHE_HOME/pharmacist/NAME`, or the same below
 * `~/.cache` where the variable is empty, or a relative path, which would mean another folder in each working directory.
 * @returns undefined without a home.
 */
export function cacheFolder(name: string, env: Readonly<Record<string, string | undefined>> = process.env): string | undefined {
  const cache = env['XDG_CACHE_HOME'] ?? '';
  try {
    return join(isAbsolute(cache) ? cache : join(homedir(), '.cache'), 'pharmacist', name);
  } catch {
    return undefined;
  }
}
