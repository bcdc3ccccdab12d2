import { createRequire } from 'node:module';

/** Versions that a result may depend on: Node and this project. */
export function versions(): Record<string, string> {
  const { version } = createRequire(import.meta.url)('../package.json') as { version: string };
  return { node: process.versions.node, pharmacist: version };
}
