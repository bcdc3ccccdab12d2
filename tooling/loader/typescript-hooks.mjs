// Turns a TypeScript file into JavaScript when it is loaded. What esbuild made of a file stays in node_modules/.cache, or in PHARMACIST_TYPESCRIPT_CACHE,
// one entry a file, under the hash of its text: a program that nobody has changed starts without a compiler.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { env, pid } from 'node:process';
import { fileURLToPath } from 'node:url';

const CACHE = env['PHARMACIST_TYPESCRIPT_CACHE'] ?? join(import.meta.dirname, '../../node_modules/.cache/pharmacist/typescript');
const OPTIONS = { loader: 'ts', format: 'esm', target: 'node20', sourcemap: 'inline', sourcesContent: false };
const MAKER = JSON.stringify([createRequire(import.meta.url)('esbuild/package.json').version, OPTIONS]);

/** Node's hook: https://nodejs.org/api/module.html#loadurl-context-nextload */
export async function load(url, context, nextLoad) {
  if (!url.startsWith('file:') || !/\.m?ts$/.test(url)) return await nextLoad(url, context);
  const path = fileURLToPath(url);
  return { format: 'module', source: await compiled(path, readFileSync(path, 'utf8')), shortCircuit: true };
}

async function compiled(path, source) {
  const file = join(CACHE, `${hashOf(path)}.mjs`);
  const heading = `// ${hashOf(MAKER, source)}\n`;
  const known = textOf(file);
  if (known?.startsWith(heading)) return known.slice(heading.length);
  const code = await compile(path, source);
  // Without a cache that can be written, every start compiles.
  try {
    mkdirSync(CACHE, { recursive: true });
    writeFileSync(`${file}.${pid}`, heading + code);
    renameSync(`${file}.${pid}`, file);
  } catch {}
  return code;
}

/** A terminal sends Ctrl-C to the compiler's process too, which ends at once: the program, which stops in good order, may still load a file. */
async function compile(path, source) {
  const { transform, transformSync } = await import('esbuild');
  const options = { ...OPTIONS, sourcefile: path };
  const { code } = await transform(source, options).catch((error) => {
    if (error.errors?.length > 0) throw error;
    return transformSync(source, options);
  });
  return code;
}

function textOf(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function hashOf(...parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex').slice(0, 32);
}
