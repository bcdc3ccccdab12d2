import { copyFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  asFileError,
  ModelError,
  type Reporter,
  sha256,
  silentReporter,
  throwIfAborted,
  writeFileAtomic,
  writeFolderAtomic,
} from '@pharmacist/core';
import type { HostTensor } from '@pharmacist/tensor-kernels';
import { type LoraAdapter, readAdapter } from './adapter.ts';
import { weightFiles } from './checkpoint.ts';
import { type ModelConfig, readModelConfig } from './config.ts';
import { hashOfFiles } from './hash-of-files.ts';
import { isJsonObject, readJsonObject } from './json-file.ts';
import { mergedHash, mergedWeight } from './lora.ts';
import type { SafetensorsDtype } from './safetensors-header.ts';
import { headerBytes, SafetensorsFile } from './safetensors.ts';
import { encodeFloats } from './streamed-weights.ts';

export interface MergeOptions {
  /** Directories of adapters, in the order they are applied. */
  readonly adapters: readonly string[];
  readonly reporter?: Reporter;
  readonly signal?: AbortSignal | undefined;
}

export interface MergedCheckpoint {
  readonly config: ModelConfig;
  /** Weight files, as in the model. */
  readonly files: readonly string[];
  /** Matrices that an adapter changed, and those that were copied with all other weights. */
  readonly numChanged: number;
  readonly numCopied: number;
  readonly weightBytes: number;
}

/** Weights in other formats, which would not be the merged model's, and what makes a directory an adapter. */
const NOT_COPIED = /\.(?:safetensors|bin|pt|pth|gguf|h5|msgpack|onnx|ot)$|\.index(?:\.\w+)?\.json$|^adapter_|^\./;

/**
 * Writes a model with adapters added to its weights: the same files with the same tensors in the same types, W + scale B A computed in f64 and
 * rounded once, and every other file of the model. One tensor is in memory at a time. The directory appears whole or not at all.
 * @throws {ConfigError} if `outDir` exists and is not empty.
 * @throws {ModelError} if model or adapter is damaged, or one was not made for the other. @throws {InterruptedError} between two tensors.
 */
export async function mergeCheckpoint(modelDir: string, outDir: string, options: MergeOptions): Promise<MergedCheckpoint> {
  const { reporter = silentReporter, signal } = options;
  const config = await readModelConfig(modelDir);
  const files = await weightFiles(modelDir);
  const adapters = await adaptersFor(modelDir, config, options.adapters, files);
  return await writeFolderAtomic(outDir, async (folder) => {
    const opened: SafetensorsFile[] = [];
    try {
      for (const file of files) opened.push(await SafetensorsFile.open(join(modelDir, file)));
      checkPresent(adapters, opened, modelDir);
      const total = opened.reduce((sum, file) => sum + sizeOf(file), 0);
      const progress = new Progress(reporter, total);
      let numChanged = 0;
      let numTensors = 0;
      for (const [i, file] of opened.entries()) {
        const changes = new Map<string, readonly LoraAdapter[]>();
        for (const name of file.tensors.keys()) {
          const own = adapters.filter(({ factors }) => factors.has(moduleOf(name)));
          if (own.length > 0) changes.set(name, own);
        }
        numChanged += changes.size;
        numTensors += file.tensors.size;
        await writeFileAtomic(join(folder, files[i]!), parts(file, changes, { progress, signal }));
      }
      await copyOthers(modelDir, folder, files);
      return { config, files, numChanged, numCopied: numTensors - numChanged, weightBytes: total };
    } finally {
      for (const file of opened) await file.close();
    }
  });
}

/** @throws {ModelError} for an adapter of another model, or one that stood behind others. */
async function adaptersFor(
  modelDir: string,
  config: ModelConfig,
  dirs: readonly string[],
  files: readonly string[],
): Promise<LoraAdapter[]> {
  const stored = await hashOfFiles(modelDir, ['config.json', ...files.toSorted()]);
  // A stored head that config.json does not speak of is part of what the model is; see readCheckpoint.
  let known = [stored, sha256(`${stored} + its own head`)];
  const adapters: LoraAdapter[] = [];
  for (const dir of dirs) {
    const adapter = await readAdapter(dir, config);
    const { baseModelHash } = adapter;
    if (baseModelHash !== undefined && !known.includes(baseModelHash)) {
      throw new ModelError('was trained on another base model, or behind other adapters', {
        where: dir,
        hint: 'name the model it was trained on, and every adapter before it, in order',
        details: { expected: baseModelHash, found: known },
      });
    }
    known = known.map((hash) => mergedHash(hash, adapter));
    adapters.push(adapter);
  }
  return adapters;
}

function checkPresent(adapters: readonly LoraAdapter[], files: readonly SafetensorsFile[], modelDir: string): void {
  for (const module of adapters.flatMap(({ factors }) => [...factors.keys()])) {
    if (!files.some(({ tensors }) => tensors.has(`${module}.weight`))) {
      throw new ModelError(`holds no "${module}.weight", which an adapter changes`, {
        where: modelDir,
        hint: 'use the base model of the adapter',
      });
    }
  }
}

async function* parts(
  file: SafetensorsFile,
  changes: ReadonlyMap<string, readonly LoraAdapter[]>,
  { progress, signal }: { progress: Progress; signal: AbortSignal | undefined },
): AsyncGenerator<Uint8Array> {
  const tensors = [...file.tensors].sort(([, a], [, b]) => a.begin - b.begin);
  const start = tensors[0]?.[1].begin ?? 0;
  const entries = tensors.map(([name, { dtype, shape, begin, end }]): [string, unknown] => [
    name,
    { dtype, shape, data_offsets: [begin - start, end - start] },
  ]);
  const hasMetadata = Object.keys(file.metadata).length > 0;
  yield headerBytes([...(hasMetadata ? [['__metadata__', file.metadata] as [string, unknown]] : []), ...entries]);
  for (const [name, { dtype, begin, end }] of tensors) {
    throwIfAborted(signal);
    const adapters = changes.get(name);
    if (end > begin)
      yield adapters === undefined
        ? await file.readStored(name)
        : encoded(name, merged(await file.read(name), name, adapters), dtype, file.path);
    progress.add(end - begin);
  }
}

function merged(weight: HostTensor, name: string, adapters: readonly LoraAdapter[]): Float32Array {
  const sum = adapters.reduce((tensor, { factors, scale }) => mergedWeight(tensor, factors.get(moduleOf(name))!, scale), weight);
  return sum.data as Float32Array;
}

function encoded(name: string, values: Float32Array, dtype: SafetensorsDtype, source: string): Uint8Array {
  if (dtype === 'F64') return new Uint8Array(Float64Array.from(values).buffer);
  if (dtype === 'F32' || dtype === 'F16' || dtype === 'BF16') return encodeFloats(name, values, { dtype, source });
  throw new ModelError(`weight "${name}" is of type ${dtype}, to which nothing can be added`, {
    where: source,
    hint: 'use an unquantised model',
  });
}

function moduleOf(weightName: string): string {
  return weightName.replace(/\.weight$/, '');
}

function sizeOf({ tensors }: SafetensorsFile): number {
  return [...tensors.values()].reduce((sum, { begin, end }) => sum + end - begin, 0);
}

/** Bytes of all files together, told in MiB. */
class Progress {
  readonly #reporter: Reporter;
  readonly #total: number;
  #done = 0;

  constructor(reporter: Reporter, total: number) {
    this.#reporter = reporter;
    this.#total = total;
  }

  add(numBytes: number): void {
    this.#done += numBytes;
    this.#reporter.progress({
      phase: 'Merging',
      done: Math.round(this.#done / 2 ** 20),
      total: Math.round(this.#total / 2 ** 20),
      unit: 'MiB',
    });
  }
}

/** Tokenizer, configuration, licence: every file of the folder itself that holds no weights; the index goes with its shards. */
async function copyOthers(from: string, to: string, files: readonly string[]): Promise<void> {
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const path = join(from, entry.name);
    if (entry.isDirectory() || (NOT_COPIED.test(entry.name) && !(await isIndexOf(path, files)))) continue;
    await copyFile(path, join(to, entry.name)).catch((error: unknown) => {
      throw asFileError(error, path, 'read');
    });
  }
}

async function isIndexOf(path: string, files: readonly string[]): Promise<boolean> {
  if (!/\.safetensors\.index(?:\.\w+)?\.json$/.test(path)) return false;
  const { weight_map: weightMap } = await readJsonObject(path);
  return isJsonObject(weightMap) && Object.values(weightMap).every((file) => files.some((name) => name === file));
}
