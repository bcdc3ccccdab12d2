import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';

export interface ReadmeExample {
  /** Everything the example passed to console.log, one string a call. */
  printed: string[];
  /** What it exported. */
  exports: Record<string, unknown>;
}

/**
 * Runs the first `ts` block of a package's README.md as it stands. The package's own name leads to its source.
 * @param testUrl `import.meta.url` of a test in the package's src folder.
 */
export async function runReadmeExample(testUrl: string): Promise<ReadmeExample> {
  const src = fileURLToPath(new URL('.', testUrl));
  const readme = await readFile(join(src, '../README.md'), 'utf8');
  const code = /^```ts\n(.*?)^```$/ms.exec(readme)?.[1];
  if (code === undefined) throw new Error(`${join(src, '../README.md')} has no \`\`\`ts block`);
  const { name } = JSON.parse(await readFile(join(src, '../package.json'), 'utf8')) as { name: string };

  const printed: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((...args: unknown[]) => {
    printed.push(args.map((arg) => (typeof arg === 'string' ? arg : JSON.stringify(arg))).join(' '));
  });
  // Inside src, so that the example sees the package's own dependencies; a dot file, so that no other tool takes it for a source.
  const file = join(src, `.readme-example.${process.pid}.ts`);
  try {
    await writeFile(file, code.replaceAll(`'${name}'`, `'./index.ts'`));
    const exports = (await import(/* @vite-ignore */ file)) as Record<string, unknown>;
    return { printed, exports };
  } finally {
    log.mockRestore();
    await rm(file, { force: true });
  }
}
