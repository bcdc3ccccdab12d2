import { fileURLToPath } from 'node:url';

/**
 * How this program was called: Node, its own words and the file. From source these name a loader relative to this package, where the
 * package manager started it.
 */
export function ownProgram(): string[] {
  const words = process.execArgv.map((word) => (word.startsWith('./') ? fileURLToPath(new URL(`../${word}`, import.meta.url)) : word));
  return [process.execPath, ...words, process.argv[1]!];
}
