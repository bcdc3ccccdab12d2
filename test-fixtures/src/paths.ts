import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Absolute path of a file or folder of this package, e.g. `fixturePath('models', 'llama', 'config.json')`. */
export function fixturePath(...segments: string[]): string {
  return path.join(root, ...segments);
}

/** Absolute path under `models/`, e.g. `modelPath('llama', 'adapter')`. */
export function modelPath(...segments: string[]): string {
  return fixturePath('models', ...segments);
}

/** Absolute path under `golden/`, e.g. `goldenPath('tensor-kernels', 'rotary.safetensors')`. */
export function goldenPath(...segments: string[]): string {
  return fixturePath('golden', ...segments);
}
