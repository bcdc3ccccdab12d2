import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { asFileError, ConfigError, FileError, type Reporter, sha256, throwIfAborted } from '@pharmacist/core';
import { ObjectStore, parseObjectName } from '@pharmacist/data-io';

/** Folders of a run that hold no result: checkpoints, logs, and answers that evaluations share. */
const NO_RESULTS = new Set(['.state', 'logs', 'answers']);
const RECORD = 'run.json';
/** Beyond it one request does not carry an object. */
const MAX_BYTES = 2 ** 31 - 1;

export interface CopyOptions {
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  readonly reporter: Reporter;
  readonly signal?: AbortSignal | undefined;
}

/** Copies results of runs into an object store. */
export class ResultCopier {
  readonly #store: ObjectStore;
  readonly #place: string;
  readonly #options: CopyOptions;

  private constructor(store: ObjectStore, place: string, options: CopyOptions) {
    this.#store = store;
    this.#place = place.replace(/\/*$/u, '');
    this.#options = options;
  }

  /** Looks into the store before anything is computed. @throws {ConfigError} for another form of name, and without keys. @throws {FileError} if there is no such bucket, or it may not be read. */
  static async open(place: string, options: CopyOptions): Promise<ResultCopier> {
    const name = parseObjectName(place);
    const store = await ObjectStore.open(place, options);
    await store.list({ ...name, key: `${name.key.replace(/\/*$/u, name.key === '' ? '' : '/')}${RECORD}` });
    return new ResultCopier(store, place, options);
  }

  /**
   * Copies every file of a finished run, its record last: where that is, all is. What is there with the same bytes is left as it is.
   * @throws {ConfigError} if another file is there, which stays. @throws {FileError}
   */
  async copy(out: string): Promise<{ readonly numFiles: number }> {
    const { reporter, signal } = this.#options;
    const names = await filesOf(out);
    for (const [i, name] of names.entries()) {
      throwIfAborted(signal);
      await this.#copyFile(join(out, name), parseObjectName(`${this.#place}/${name}`));
      reporter.progress({ phase: `Copying to ${this.#place}`, done: i + 1, total: names.length, unit: 'files' });
    }
    return { numFiles: names.length };
  }

  async #copyFile(path: string, name: ReturnType<typeof parseObjectName>): Promise<void> {
    const bytes = await bytesOf(path);
    if ((await this.#store.write(name, bytes, { ifNoneMatch: '*' })) !== undefined) return;
    const there = await this.#store.read(name);
    if (there !== undefined && sha256(there.bytes) === sha256(bytes)) return;
    throw new ConfigError('holds another file than the one to be copied, and it stays', {
      where: `s3://${name.bucket}/${name.key}`,
      hint: 'choose another --copy-to; the results themselves are whole in --out',
    });
  }
}

/** Results below a run's folder, those of its steps before its own, records last of each. */
async function filesOf(out: string): Promise<string[]> {
  const files: string[] = [];
  const visit = async (folder: string) => {
    const entries = (await readdir(join(out, folder), { withFileTypes: true })).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) if (entry.isDirectory() && !NO_RESULTS.has(entry.name)) await visit(join(folder, entry.name));
    const own = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
    for (const name of [...own.filter((each) => each !== RECORD), ...own.filter((each) => each === RECORD)]) files.push(join(folder, name));
  };
  try {
    await visit('');
  } catch (error) {
    throw asFileError(error, out, 'read');
  }
  return files;
}

async function bytesOf(path: string): Promise<Buffer> {
  try {
    const { size } = await stat(path);
    if (size > MAX_BYTES)
      throw new FileError(`has ${size} bytes, more than are copied`, { where: path, hint: 'copy it with the tools of the store' });
    return await readFile(path);
  } catch (error) {
    throw error instanceof FileError ? error : asFileError(error, path, 'read');
  }
}
