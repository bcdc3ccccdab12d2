import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The same folder from src and from dist. */
const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Absolute path of a file or folder that ships with the program: `bundledPath('models', 'tiny')`, `bundledPath('data', 'demo', 'alignment.jsonl')`. */
export function bundledPath(...segments: string[]): string {
  return join(ROOT, ...segments);
}
