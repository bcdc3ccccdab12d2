import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigError, hashOfValue, pathExists, PharmacistError, type RunInput } from '@pharmacist/core';
import { BUILT_IN, type Catalog, type Definition, withDefinitions } from '../catalog/catalog.ts';
import { definitionsOf } from './definitions-of.ts';
import { moduleFiles } from './module-files.ts';

export interface PluginOptions {
  /** What they are added to; what is built in if left out. */
  readonly catalog?: Catalog | undefined;
  /** Folder that relative paths and packages start from; the working directory if left out. */
  readonly folder?: string | undefined;
}

/**
 * Loads plugins, modules that export definitions, and says what they come from: the bytes of each file, and of the files that it imports by
 * path, are part of what a run is.
 * @param names paths, or names of packages that are installed where the run is.
 * @throws {ConfigError} if one is not there, is named twice, cannot be imported, or brings a name that is taken.
 * @throws {ContractError} if one exports no definition, or a wrong one.
 */
export async function loadPlugins(
  names: readonly string[],
  { catalog = BUILT_IN, folder = process.cwd() }: PluginOptions = {},
): Promise<Catalog> {
  const paths = new Map<string, string>();
  let all = catalog;
  for (const name of names) {
    const where = `plugin ${name}`;
    const path = await pathOf(name, folder, where);
    if (paths.has(path)) throw new ConfigError('is named twice', { where, hint: 'name it once' });
    paths.set(path, name);
    const input = await inputOf(name, path);
    const definitions = await importDefinitions(path, where);
    all = added(all, definitions, input, where);
  }
  return all;
}

async function pathOf(name: string, folder: string, where: string): Promise<string> {
  const path = resolve(folder, name);
  if (await pathExists(path)) return path;
  try {
    return createRequire(join(folder, 'package.json')).resolve(name);
  } catch {
    throw new ConfigError('is not there: no file of this path, and no package of this name', {
      where,
      hint: 'give the path of a module, for instance ./mine.js, or install the package',
    });
  }
}

async function inputOf(source: string, path: string): Promise<RunInput> {
  const files = await moduleFiles(path);
  const [own] = files;
  if (files.length === 1) return { role: 'plugin', source, sha256: own!.sha256, bytes: own!.bytes };
  return {
    role: 'plugin',
    source,
    sha256: hashOfValue(files.map(({ sha256 }) => sha256)),
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    files,
  };
}

async function importDefinitions(path: string, where: string): Promise<Definition[]> {
  let module: Record<string, unknown>;
  try {
    module = (await import(/* @vite-ignore */ pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (error) {
    if (error instanceof PharmacistError) throw error;
    throw new ConfigError(`cannot be loaded: ${error instanceof Error ? String(error).split('\n')[0] : `it threw ${String(error)}`}`, {
      where,
      hint: 'import it with Node alone to see where; what it imports must be installed beside it',
      cause: error,
    });
  }
  return await definitionsOf(module, where);
}

function added(catalog: Catalog, definitions: readonly Definition[], input: RunInput, where: string): Catalog {
  try {
    return withDefinitions(catalog, definitions, [input]);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError(`${error.where} ${error.message}`, { where, hint: error.hint, cause: error });
  }
}
