import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { EngineError } from '@pharmacist/core';

/** Names a plugin's shared library. */
export const PLUGIN_VARIABLE = 'PHARMACIST_PJRT_PLUGIN';

/** A shared library with PJRT's interface, and what has to be loaded before it. */
export interface Plugin {
  readonly path: string;
  /** For people: "xla_cuda13". */
  readonly name: string;
  /** NVIDIA's libraries as pip installs them beside the plugin: the system's linker does not look there. */
  readonly libraries: readonly string[];
  /** Where CUDA's compiler tools lie, if pip installed them. */
  readonly cudaDir: string | undefined;
}

/** Where wheels put their plugins, best first: folders below site-packages/jax_plugins. */
const ACCELERATORS = ['xla_cuda13', 'xla_cuda12', 'xla_rocm7', 'xla_rocm60', 'oneapi', 'metal_plugin'];

/** The same for the CPU plugin: taken where pjrt was asked for and there is no other, never by `auto`. */
const CPU_PLUGIN = join('lammps_jax_pjrt_cpu', 'pjrt_c_api_cpu_plugin.so');

/** What XLA's plugin loads by name. */
const CUDA_LIBRARIES = /^lib(cudart|nvrtc|cublas|cublasLt|cupti|cudnn|cufft|cusolver|cusparse|nccl|nvJitLink|nvshmem_host)\.so\.\d+$/;

/** What to install, for people. */
export const INSTALL_HINT = `install a plugin, for NVIDIA \`pip install "jax-cuda13-pjrt" "jax[cuda13]"\`, or name its library in ${PLUGIN_VARIABLE}`;

/**
 * The plugin named by the environment, or the first one that pip installed for an accelerator, or the CPU's.
 * @throws {EngineError} saying where was looked and what to install.
 */
export function findPlugin(environment: NodeJS.ProcessEnv = process.env, { takesCpu = true } = {}): Plugin {
  const named = environment[PLUGIN_VARIABLE];
  const folders = sitePackages(environment);
  if (named !== undefined && named !== '') {
    if (!existsSync(named)) throw new EngineError('is not there', { where: `${PLUGIN_VARIABLE}=${named}`, hint: INSTALL_HINT });
    return pluginAt(named, named.split('/').at(-2) ?? named, folders);
  }
  for (const folder of folders) {
    for (const name of ACCELERATORS) {
      const library = sharedLibraryIn(join(folder, 'jax_plugins', name));
      if (library !== undefined) return pluginAt(library, name, folders);
    }
  }
  const cpu = takesCpu ? folders.map((folder) => join(folder, CPU_PLUGIN)).find((path) => existsSync(path)) : undefined;
  if (cpu !== undefined) return pluginAt(cpu, 'cpu', folders);
  const looked =
    folders.length === 0
      ? 'no Python was found to look in'
      : `looked in ${folders.map((folder) => join(folder, 'jax_plugins')).join(', ')}`;
  throw new EngineError(`no PJRT plugin is installed (${looked})`, { where: 'pjrt', hint: INSTALL_HINT });
}

/** Device files of accelerators: NVIDIA's, AMD's, Windows' in WSL, Intel's and others' render nodes. */
const DEVICE_FILES = ['/dev/nvidiactl', '/dev/nvidia0', '/dev/kfd', '/dev/dxg', '/dev/dri/renderD128', '/dev/accel0'];

/** Whether looking for a plugin may be worth the time that asking Python takes. */
export function mayHaveAccelerator(environment: NodeJS.ProcessEnv = process.env): boolean {
  return (environment[PLUGIN_VARIABLE] ?? '') !== '' || DEVICE_FILES.some((file) => existsSync(file));
}

function pluginAt(path: string, name: string, folders: readonly string[]): Plugin {
  const nvidia = folders.map((folder) => join(folder, 'nvidia')).find((folder) => existsSync(folder));
  const libraries = /cuda/.test(path) && nvidia !== undefined ? sharedLibrariesBelow(nvidia) : [];
  const cudaDir = nvidia === undefined ? undefined : ['cu13', 'cuda_nvcc'].map((dir) => join(nvidia, dir)).find((dir) => existsSync(dir));
  return { path, name, libraries, cudaDir };
}

/** Folders in which pip installs: those of an active environment first, then what the interpreter on the path says, then the user's. */
export function sitePackages(environment: NodeJS.ProcessEnv): string[] {
  const roots = [environment['VIRTUAL_ENV'], environment['CONDA_PREFIX'], join(homedir(), '.local')];
  const fromRoots = roots.flatMap((root) => (root === undefined ? [] : pythonFoldersIn(join(root, 'lib'))));
  const fromPath = (environment['PYTHONPATH'] ?? '').split(':').filter((folder) => folder !== '');
  return [...new Set([...fromPath, ...fromRoots, ...askPython()])].filter((folder) => existsSync(folder));
}

function pythonFoldersIn(lib: string): string[] {
  return namesIn(lib)
    .filter((name) => name.startsWith('python3'))
    .map((name) => join(lib, name, 'site-packages'));
}

/** The interpreter knows best; without one nothing is asked. */
function askPython(): string[] {
  try {
    const script = 'import site,sys,json;print(json.dumps([p for p in sys.path+site.getsitepackages() if p.endswith("-packages")]))';
    return JSON.parse(
      execFileSync('python3', ['-I', '-c', script], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 10_000 }),
    ) as string[];
  } catch {
    return [];
  }
}

function sharedLibraryIn(folder: string): string | undefined {
  const name = namesIn(folder).find((file) => /\.(so|dylib)$/.test(file) && /plugin|pjrt/.test(file));
  return name === undefined ? undefined : join(folder, name);
}

function sharedLibrariesBelow(folder: string): string[] {
  return namesIn(folder).flatMap((name) =>
    ['lib', join('lib', 'x86_64-linux-gnu')].flatMap((lib) =>
      namesIn(join(folder, name, lib))
        .filter((file) => CUDA_LIBRARIES.test(file))
        .map((file) => join(folder, name, lib, file)),
    ),
  );
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
