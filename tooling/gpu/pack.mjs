// Packs what a machine with a GPU, Python and nothing else needs to run the stages of apps/bench/src/gpu and the command itself:
//   node tooling/gpu/pack.mjs DIR        then there: bash DIR/run.sh DIR OUT [STAGE …]
// DIR gets Node (compressed), the two programs bundled with their workers, koffi, and the scripts of this folder. About 32 MB.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, '..', '..');
const [target] = process.argv.slice(2);
if (target === undefined) {
  process.stderr.write('usage: node tooling/gpu/pack.mjs DIR\n');
  process.exit(2);
}
const out = resolve(target);

/** Files are found relative to the program that asks for them: this depth is that of the packages' own sources. */
const programs = join(out, 'app', 'a', 'b', 'c');

rmSync(out, { recursive: true, force: true });
mkdirSync(programs, { recursive: true });
const common = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  conditions: ['@pharmacist/source'],
  minify: true,
  keepNames: true,
  external: ['koffi', 'onnxruntime-node', '@tensorflow/tfjs-node-gpu', 'vitest'],
  banner: { js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);" },
};
for (const [entry, file] of [
  ['apps/bench/src/gpu/main.ts', 'gpu-check.mjs'],
  ['packages/tensor-kernels/test/support/device-parity.ts', 'parity.mjs'],
  ['apps/cli/src/main.ts', 'pharmacist.mjs'],
  ['packages/tensor-kernels/src/engine/pjrt-worker.js', 'pjrt-worker.js'],
  ['packages/data-io/src/decoder/decoder-process.ts', 'decoder-process.mjs'],
  ['packages/data-io/src/decoder/decoder-guard.js', 'decoder-guard.js'],
  ['packages/data-io/src/source/zstd-worker.js', 'zstd-worker.js'],
]) {
  await build({ ...common, entryPoints: [join(root, entry)], outfile: join(programs, file) });
}
// One folder above the programs, where `bundledPath` and the version look for them.
for (const from of ['judges', 'words', 'models', 'data/demo', 'data/planted/rows.jsonl']) {
  cpSync(join(root, 'packages/bundled', from), join(programs, '..', from), { recursive: true });
}
cpSync(join(root, 'apps/cli/package.json'), join(programs, '../package.json'));

const tensorKernels = join(root, 'packages', 'tensor-kernels');
const modules = join(out, 'app', 'node_modules');
const koffi = dirname(createRequire(join(tensorKernels, 'package.json')).resolve('koffi'));
cpSync(koffi, join(modules, 'koffi'), { recursive: true, dereference: true });
for (const name of readdirSync(join(koffi, '..', '@koromix'))) {
  cpSync(join(koffi, '..', '@koromix', name), join(modules, '@koromix', name), { recursive: true, dereference: true });
}
// Versions are read from the packages' manifests, whether or not their code is bundled.
for (const name of Object.keys(JSON.parse(readFileSync(join(tensorKernels, 'package.json'), 'utf8')).dependencies)) {
  if (name === 'koffi' || name.startsWith('@pharmacist/')) continue;
  mkdirSync(join(modules, name), { recursive: true });
  cpSync(join(tensorKernels, 'node_modules', name, 'package.json'), join(modules, name, 'package.json'));
}

for (const name of ['run.sh', 'torch_step.py', 'random_model.py']) cpSync(join(here, name), join(out, name));
writeFileSync(join(out, 'node.xz'), execFileSync('xz', ['-9', '-T2', '-c', process.execPath], { maxBuffer: 2 ** 30 }));
