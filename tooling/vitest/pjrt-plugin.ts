import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** The CPU plugin on PyPI: a wheel with one shared library, of the same interface as the accelerators' plugins. */
const WHEEL = 'lammps-jax-pjrt-cpu==0.11.2';
const LIBRARY = join('lammps_jax_pjrt_cpu', 'pjrt_c_api_cpu_plugin.so');

/**
 * Global setup of `pnpm test:pjrt`: the plugin named by PHARMACIST_PJRT_PLUGIN, or the CPU one, which is fetched once. Without a plugin the suite
 * fails here; nothing is skipped. Compiled programs go to a folder of this run.
 */
export default function setup(): () => void {
  process.env['PHARMACIST_PJRT_PLUGIN'] ||= cpuPlugin();
  const cache = mkdtempSync(join(tmpdir(), 'pharmacist-pjrt-'));
  process.env['XDG_CACHE_HOME'] = cache;
  return () => rmSync(cache, { recursive: true, force: true });
}

function cpuPlugin(): string {
  const folder = resolve(import.meta.dirname, '..', 'node_modules', '.cache', 'pjrt', WHEEL);
  const library = join(folder, LIBRARY);
  if (existsSync(library)) return library;
  mkdirSync(folder, { recursive: true });
  const python = (...parts: string[]) => execFileSync('python3', parts, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  python('-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary=:all:', '--dest', '.', WHEEL);
  const wheel = readdirSync(folder).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) throw new Error(`pip brought no wheel of ${WHEEL}; name a plugin in PHARMACIST_PJRT_PLUGIN`);
  python('-m', 'zipfile', '-e', wheel, '.');
  rmSync(join(folder, wheel));
  return library;
}
