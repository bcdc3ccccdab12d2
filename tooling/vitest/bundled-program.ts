import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';

/** What stays where it is: native parts, and CommonJS whose names are asked for when it is loaded. CommonJS that is bundled asks for Node's own modules. */
const IN_PLACE = /^onnxruntime-node$|^@aws-sdk\/|\.node$/;
const REQUIRE = "import { createRequire as requireFrom } from 'node:module';\nconst require = requireFrom(import.meta.url);";

/**
 * Bundles a program from source, with every package it needs, for tests that start it often: such a start takes a fifth of one from source. What is
 * imported lazily stays so, and files beside a source are found beside it.
 * @param packageFolder where what the program resolves by itself is looked up.
 * @returns the file to start. Its folder is removed when this process ends or, where it was killed, by the next that bundles.
 */
export async function bundledProgram(entry: string, packageFolder: string): Promise<string> {
  const cache = resolve(packageFolder, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  for (const name of readdirSync(cache)) {
    const pid = Number(/^program-(\d+)-/.exec(name)?.[1]);
    if (pid > 0 && !isRunning(pid)) rmSync(join(cache, name), { recursive: true, force: true });
  }
  const folder = mkdtempSync(join(cache, `program-${process.pid}-`));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  await build({
    entryPoints: { program: entry },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    keepNames: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['@pharmacist/source'],
    banner: { js: REQUIRE },
    logLevel: 'warning',
    plugins: [inPlace],
  });
  return join(folder, 'program.mjs');
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const inPlace: Plugin = {
  name: 'in place',
  setup(bundler) {
    bundler.onResolve({ filter: IN_PLACE }, async ({ path, kind, resolveDir, pluginData }) => {
      if (pluginData === IN_PLACE) return undefined;
      const found = await bundler.resolve(path, { kind, resolveDir, pluginData: IN_PLACE });
      return { path: kind === 'require-call' ? found.path : pathToFileURL(found.path).href, errors: found.errors, external: true };
    });
    bundler.onLoad({ filter: /\.[cm]?[jt]s$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      if (!text.includes('import.meta.url')) return undefined;
      return {
        contents: text.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)),
        loader: path.endsWith('ts') ? 'ts' : 'js',
      };
    });
  },
};
