import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { asFileError, pathExists, writeJsonAtomic } from './atomic-file.ts';
import { InternalError, PharmacistError } from './errors.ts';
import { sha256OfFile } from './hash.ts';
import type { Reporter } from './progress.ts';
import { addSeconds, sumCounts, type RunInputCounts, type RunRecord } from './run-record.ts';
import { readStateFile, writeStateFile, type State } from './state-file.ts';

interface RunParts {
  path: string;
  record: RunRecord;
  resultFiles: readonly string[];
  reporter: Reporter;
  /** Of this attempt, on the clock of `performance.now`. */
  startedMs: number;
  release: () => Promise<void>;
}

/** What a checkpoint carries beside the command's own state, so that a continued run ends with the same record. */
const progressSchema = z.object({
  passes: z.record(z.string(), z.number()),
  notes: z.record(z.string(), z.unknown()),
});
/** The name says that the file is not another checkpoint's in this one's place. */
const checkpointSchema = z.object({ name: z.string(), state: z.record(z.string(), z.unknown()), progress: progressSchema });

/** One open run; made by `openRunDirectory`. Its record reaches run.json at every phase's end and every checkpoint. */
export class RunDirectory {
  readonly path: string;
  /** Folder for checkpoints, `<path>/.state`; `complete` removes it. */
  readonly stateDir: string;
  /** True if an earlier attempt finished and every result is there unchanged: nothing is left to do, and nothing is locked. */
  readonly isComplete: boolean;
  readonly #record: RunRecord;
  readonly #resultFiles: readonly string[];
  readonly #reporter: Reporter;
  #release: (() => Promise<void>) | undefined;
  readonly #startedMs: number;
  readonly #wallSecondsBefore: number;
  readonly #peakRssBytesBefore: number;

  constructor({ path, record, resultFiles, reporter, startedMs, release }: RunParts) {
    this.path = path;
    this.stateDir = join(path, '.state');
    this.isComplete = record.status === 'done';
    this.#record = record;
    this.#resultFiles = resultFiles;
    this.#reporter = reporter;
    this.#startedMs = startedMs;
    this.#release = this.isComplete ? undefined : release;
    this.#wallSecondsBefore = record.timing.wallSeconds;
    this.#peakRssBytesBefore = record.timing.peakRssBytes;
  }

  /** A copy of the record as it stands. */
  get record(): RunRecord {
    return structuredClone(this.#record);
  }

  /** Absolute or caller-relative path of a result file: `path` joined with `name`. */
  file(name: string): string {
    return join(this.path, name);
  }

  /** Runs `work` and adds its wall time to the phase `name`, over all attempts. An error of `work` passes through. */
  async phase<T>(name: string, work: () => Promise<T> | T): Promise<T> {
    this.#assertOpen();
    const startedMs = performance.now();
    let result: T;
    try {
      result = await work();
    } finally {
      addSeconds(this.#record, name, (performance.now() - startedMs) / 1000);
    }
    await this.#write();
    return result;
  }

  /** Adds `n` passes of a kind, for instance `forward`. */
  count(kind: string, n: number): void {
    this.#record.passes[kind] = (this.#record.passes[kind] ?? 0) + n;
  }

  /** Keeps a fact (a JSON value) in the record; the last value of a key stays. */
  note(key: string, value: unknown): void {
    this.#record.notes[key] = value;
  }

  /**
   * Sets row counts that became known after the run was opened.
   * @throws {InternalError} if no input has this role.
   */
  setInputCounts(role: string, counts: RunInputCounts): void {
    const input = this.#record.inputs.find((candidate) => candidate.role === role);
    if (input === undefined) throw new InternalError(`no input has the role "${role}"`, { where: 'core/RunDirectory' });
    Object.assign(input, counts);
    this.#record.counts = sumCounts(this.#record.inputs);
  }

  /**
   * Writes the checkpoint `<stateDir>/<name>.state`, together with the passes and notes up to here.
   * @throws {FileError} if it cannot be written; the one before stays whole.
   */
  async saveState(name: string, { meta, arrays }: State): Promise<void> {
    this.#assertOpen();
    const { passes, notes } = this.#record;
    await writeStateFile(this.#stateFile(name), { meta: { name, state: meta, progress: { passes, notes } }, arrays });
    await this.#write();
  }

  /**
   * Reads a checkpoint back and with it the passes and notes of its moment, so that work that is done again is not counted twice.
   * @returns undefined if there is none, or (with a warning) if it is damaged.
   */
  async loadState(name: string): Promise<State | undefined> {
    const loaded = await readStateFile(this.#stateFile(name));
    if (loaded === 'missing') return undefined;
    const checkpoint = loaded === 'damaged' ? undefined : checkpointSchema.safeParse(loaded.meta).data;
    if (loaded === 'damaged' || checkpoint?.name !== name) {
      this.#reporter.warn(`the checkpoint ${this.#stateFile(name)} is damaged; its work is done again`);
      return undefined;
    }
    const { state, progress } = checkpoint;
    // Both only grow along a run, so that of two checkpoints the later one wins in whichever order they are read.
    for (const [kind, n] of Object.entries(progress.passes)) {
      this.#record.passes[kind] = Math.max(this.#record.passes[kind] ?? 0, n);
    }
    this.#record.notes = { ...this.#record.notes, ...progress.notes };
    return { meta: state, arrays: loaded.arrays };
  }

  /**
   * Ends the run: hashes the result files, writes the final run.json, removes the checkpoints and unlocks the directory.
   * @param summary the command's figures, a JSON object.
   * @throws {InternalError} if a declared result file is missing.
   */
  async complete(summary: Record<string, unknown> = {}): Promise<RunRecord> {
    this.#assertOpen();
    const results: RunRecord['results'] = [];
    for (const name of this.#resultFiles) {
      const file = this.file(name);
      if (!(await pathExists(file))) throw new InternalError('the run ends without this result', { where: file });
      results.push({ path: name, bytes: (await stat(file)).size, sha256: await sha256OfFile(file) });
    }
    this.#record.results = results;
    this.#record.summary = summary;
    this.#record.status = 'done';
    this.#record.timing.finishedAt = new Date().toISOString();
    await this.#write();
    try {
      await rm(this.stateDir, { recursive: true, force: true });
    } catch (error) {
      throw asFileError(error, this.stateDir, 'written');
    }
    await this.close();
    return this.record;
  }

  /**
   * Records why the run stopped and unlocks the directory; the same command continues it. Never throws: the error that stopped the
   * run is the one to report, and a full disk may be the cause.
   */
  async fail(error: unknown): Promise<void> {
    if (this.#release === undefined) return;
    const code = error instanceof PharmacistError ? error.code : 'E_INTERNAL';
    this.#record.status = 'failed';
    this.#record.error = { code, message: error instanceof Error ? error.message : String(error) };
    this.#record.timing.finishedAt = new Date().toISOString();
    await this.#write().catch(() => undefined);
    await this.close().catch(() => undefined);
  }

  /** Unlocks the directory; checkpoints stay. Does nothing the second time. */
  async close(): Promise<void> {
    const release = this.#release;
    this.#release = undefined;
    await release?.();
  }

  async #write(): Promise<void> {
    const { timing } = this.#record;
    timing.wallSeconds = this.#wallSecondsBefore + (performance.now() - this.#startedMs) / 1000;
    // maxRSS is in kibibytes on every platform.
    timing.peakRssBytes = Math.max(this.#peakRssBytesBefore, process.resourceUsage().maxRSS * 1024);
    await writeJsonAtomic(join(this.path, 'run.json'), this.#record);
  }

  #stateFile(name: string): string {
    return join(this.stateDir, `${name}.state`);
  }

  #assertOpen(): void {
    if (this.#release === undefined) throw new InternalError('the run is complete or closed', { where: this.path });
  }
}
