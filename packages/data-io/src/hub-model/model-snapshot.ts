import { readlink, statfs, symlink, copyFile, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import {
  asFileError,
  FileError,
  pathExists,
  PharmacistError,
  readJson,
  type Reporter,
  silentReporter,
  throwIfAborted,
  writeFileAtomic,
  makeFolder,
} from '@pharmacist/core';
import { isPlain, repositoryCache, snapshotFolder } from '../source/hub-cache.ts';
import { hubCache, hubEndpoint, type HubOptions, hubToken, isOffline } from '../source/hub-settings.ts';
import { fetchOf, hubError } from '../source/hub.ts';
import { type Blob, downloadBlob } from './download-blob.ts';
import { formatModelName, type ModelName } from './model-name.ts';
import { ADAPTER_PARTS, neededAdapterFiles, neededFiles, shardsOf } from './needed-files.ts';

export interface SnapshotOptions extends HubOptions {
  /** `configuration` leaves the weights where they are: enough to say what a model would need. `adapter`: the files of an adapter of PEFT. */
  readonly contents?: 'everything' | 'configuration' | 'adapter' | undefined;
  readonly reporter?: Reporter;
  /** Milliseconds before a broken connection is tried again. */
  readonly retryMs?: number;
}

/** A model's files on the disk. */
export interface ModelSnapshot {
  readonly directory: string;
  readonly commit: string;
}

const COMMIT = /^[0-9a-f]{40}$/;

/**
 * The directory of a model of the Hub, or of an adapter, in the cache of huggingface_hub and in its form: what is missing is downloaded, and of the repository only
 * what a model is read from. A commit that is there whole needs no network, nor does anything with HF_HUB_OFFLINE; where the Hub cannot be
 * reached, what was downloaded before is taken with a warning.
 * @throws {FileError} if the model does not exist or may not be read, holds no safetensors, or cannot be downloaded. @throws {InterruptedError}
 */
export async function modelSnapshot(name: ModelName, options: SnapshotOptions = {}): Promise<ModelSnapshot> {
  const { reporter = silentReporter, signal } = options;
  const where = formatModelName(name);
  const cache = repositoryCache('models', name.repo, options);
  const kept = await snapshotFolder(cache, name.revision);
  const isKept = kept !== undefined && (await isWhole(kept, options.contents));
  if (isOffline(options)) {
    if (isKept) return snapshotOf(kept);
    throw new FileError(
      `was not downloaded ${kept === undefined ? 'before' : 'whole'} to ${hubCache(options)}, and HF_HUB_OFFLINE forbids to do it now`,
      {
        where,
        hint: `unset HF_HUB_OFFLINE, or download it where there is a network: hf download ${name.repo}`,
      },
    );
  }
  if (isKept && COMMIT.test(name.revision ?? '')) return snapshotOf(kept);
  try {
    return await download(name, { cache, where, options });
  } catch (error) {
    throwIfAborted(signal);
    if (!isKept || !isUnreachable(error)) throw error;
    reporter.warn(`${where}: the Hub cannot be reached; the files that were downloaded before are used`);
    return snapshotOf(kept);
  }
}

function snapshotOf(directory: string): ModelSnapshot {
  return { directory, commit: directory.split(/[\\/]/).at(-1)! };
}

async function isWhole(directory: string, contents: SnapshotOptions['contents']): Promise<boolean> {
  const has = async (path: string) => await pathExists(join(directory, path));
  if (contents === 'adapter') return (await Promise.all(ADAPTER_PARTS.map(has))).every(Boolean);
  if (!(await has('config.json'))) return false;
  if (contents === 'configuration') return true;
  for (const variant of ['', '.bf16', '.fp16']) {
    if (await has(`model${variant}.safetensors`)) return true;
    const index = `model.safetensors.index${variant}.json`;
    if (!(await has(index))) continue;
    const map = (await readJson(join(directory, index)).catch(() => undefined)) as { weight_map?: Record<string, string> } | undefined;
    const shards = [...new Set(Object.values(map?.weight_map ?? {}))];
    const present = await Promise.all(shards.map(has));
    return shards.length > 0 && present.every(Boolean);
  }
  return false;
}

interface Work {
  readonly cache: string;
  readonly where: string;
  readonly options: SnapshotOptions;
}

async function download(name: ModelName, work: Work): Promise<ModelSnapshot> {
  const { cache, where, options } = work;
  const { reporter = silentReporter } = options;
  const { commit, files } = await listing(name, work);
  const needed = options.contents === 'adapter' ? neededAdapterFiles : neededFiles;
  const { small, weights } = needed([...files.keys()], `${where} on the Hub`);
  const directory = join(cache, 'snapshots', commit);
  const fetcher = await Fetcher.create(name.repo, commit, { ...work, files, directory });
  await fetcher.fetchAll(small, silentReporter);
  // The name stays with the commit that is there whole.
  if (options.contents === 'configuration') return { directory, commit };
  const large = 'single' in weights ? [weights.single] : shardsOf(await readJson(join(directory, weights.index)), [...files.keys()], where);
  await fetcher.fetchAll(large, reporter);
  const { revision = 'main' } = name;
  if (revision !== commit && isPlain(revision)) await writeFileAtomic(join(cache, 'refs', revision), commit);
  return { directory, commit };
}

/** The commit that the revision names now, and its files. */
async function listing({ repo, revision }: ModelName, { where, options }: Work): Promise<{ commit: string; files: Map<string, Blob> }> {
  const { listFiles, modelInfo } = await import('@huggingface/hub');
  const accessToken = await hubToken(options);
  const common = { hubUrl: hubEndpoint(options), ...fetchOf(options), ...(accessToken === undefined ? {} : { accessToken }) };
  try {
    const { sha: commit } = await modelInfo({ ...common, name: repo, additionalFields: ['sha'], revision: revision ?? 'main' });
    if (typeof commit !== 'string' || !COMMIT.test(commit))
      throw new FileError('has no commit that the Hub would name', { where, hint: 'name the revision' });
    const files = new Map<string, Blob>();
    for await (const { type, path, oid, size, lfs } of listFiles({ ...common, repo: { type: 'model', name: repo }, revision: commit })) {
      const etag = lfs?.oid ?? oid;
      if (type === 'file' && etag !== undefined && /^[0-9a-f]{40,64}$/.test(etag) && !path.includes('/')) {
        files.set(path, { etag, numBytes: lfs?.size ?? size, isLarge: lfs !== undefined });
      }
    }
    return { commit, files };
  } catch (error) {
    throwIfAborted(options.signal);
    throw error instanceof PharmacistError ? error : hubError(error, `${where} on the Hub`);
  }
}

type FetchWork = Work & { readonly files: ReadonlyMap<string, Blob>; readonly directory: string };

/** Brings files of one commit into the cache, and links them from its snapshot. */
class Fetcher {
  readonly #work: FetchWork;
  readonly #urlOf: (path: string) => string;
  readonly #headers: Readonly<Record<string, string>>;

  private constructor(work: FetchWork, urlOf: (path: string) => string, headers: Readonly<Record<string, string>>) {
    this.#work = work;
    this.#urlOf = urlOf;
    this.#headers = headers;
  }

  static async create(repo: string, commit: string, work: FetchWork): Promise<Fetcher> {
    const token = await hubToken(work.options);
    const endpoint = hubEndpoint(work.options);
    return new Fetcher(
      work,
      (path) => `${endpoint}/${repo}/resolve/${commit}/${encodeURIComponent(path)}`,
      token === undefined ? {} : { authorization: `Bearer ${token}` },
    );
  }

  async fetchAll(paths: readonly string[], reporter: Reporter): Promise<void> {
    const { files, cache, directory, where, options } = this.#work;
    const blobs = join(cache, 'blobs');
    const missing: string[] = [];
    for (const path of paths) if (!(await pathExists(join(directory, path)))) missing.push(path);
    const total = missing.reduce((sum, path) => sum + files.get(path)!.numBytes, 0);
    if (missing.length > 0) await checkRoom(cache, total, where);
    let done = 0;
    const report = () => reporter.progress({ phase: `Downloading ${where}`, done: megabytes(done), total: megabytes(total), unit: 'MB' });
    for (const path of missing) {
      const { fetch: own = fetch, retryMs, signal } = options;
      await downloadBlob(files.get(path)!, {
        url: this.#urlOf(path),
        headers: this.#headers,
        fetch: own,
        blobs,
        where: `${where}/${path}`,
        retryMs,
        signal,
        onBytes: (numBytes) => {
          done += numBytes;
          report();
        },
        onWait: () => reporter.info(`${where}/${path}: another process downloads it; waiting`),
      });
      await link(join(blobs, files.get(path)!.etag), directory, path);
    }
  }
}

function megabytes(numBytes: number): number {
  return Math.ceil(numBytes / 1e6);
}

async function checkRoom(folder: string, numBytes: number, where: string): Promise<void> {
  await makeFolder(folder).catch((error: unknown) => {
    throw asFileError(error, folder, 'written');
  });
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize >= numBytes) return;
  throw new FileError(`needs ${(numBytes / 1e9).toFixed(1)} GB, and ${folder} has room for ${((bavail * bsize) / 1e9).toFixed(1)}`, {
    where,
    hint: 'free some space, or let HF_HOME name a folder elsewhere',
  });
}

/** A link to the blob by its way from there, as huggingface_hub makes it; a copy where there are no links. */
async function link(blob: string, directory: string, path: string): Promise<void> {
  const place = join(directory, path);
  try {
    await makeFolder(directory);
    const target = relative(directory, blob);
    if ((await readlink(place).catch(() => undefined)) === target) return;
    await rm(place, { force: true });
    await symlink(target, place).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPERM' && error.code !== 'ENOSYS') throw error;
      await copyFile(blob, place);
    });
  } catch (error) {
    throw asFileError(error, place, 'written');
  }
}

/** Whether a message says that nobody answered, or somebody who could not; a refusal is an answer. */
function isUnreachable(error: unknown): boolean {
  const { cause } = error as { cause?: { statusCode?: unknown } };
  if (!(error instanceof FileError) || cause === undefined) return false;
  return typeof cause.statusCode === 'number' ? cause.statusCode >= 500 : true;
}
