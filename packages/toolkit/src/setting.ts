import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ProgressEvent, Reporter } from '@pharmacist/core';
import { rowsInMemory, type RowSource } from '@pharmacist/data-io';
import { CALL_DEFAULTS, loadPlugins, modelDirectory, type StageOptions, type Workbench } from '@pharmacist/experiment';
import { LanguageModel } from '@pharmacist/language-model';
import type { Engine } from '@pharmacist/tensor-kernels';
import { Chosen } from './chosen.ts';
import type { Rows, WorkOptions, WorkResult } from './options.ts';

/** What a stage is given, made from what a caller has in hand. */
export class Setting {
  /** Names and definitions that the caller chose. */
  readonly chosen: Chosen;
  readonly warnings: string[] = [];
  /** The model on an engine of the caller's own; undefined where the stage opens what it is named. */
  readonly opened: Workbench | undefined;
  readonly #options: WorkOptions;
  readonly #folder: string;
  readonly #reporter: Reporter;
  readonly #inMemory = new Map<string, Uint8Array>();

  private constructor(
    options: WorkOptions,
    { folder, chosen, opened }: { folder: string; chosen: Chosen; opened: Workbench | undefined },
    onProgress: (event: ProgressEvent) => void,
  ) {
    this.opened = opened;
    this.#options = options;
    this.#folder = folder;
    this.chosen = chosen;
    this.#reporter = {
      progress: (event) => {
        onProgress(event);
        options.onProgress?.(event);
      },
      warn: (message) => {
        this.warnings.push(message);
        options.onWarning?.(message);
      },
      info: (message) => options.onInfo?.(message),
    };
  }

  /** Runs `work` in the folder that was asked for, or in one of the system's temporary folders, which is then removed. @throws {PharmacistError} if a plugin cannot be loaded. */
  static async with<T>(
    options: WorkOptions,
    onProgress: (event: ProgressEvent) => void,
    work: (setting: Setting) => Promise<T>,
  ): Promise<T> {
    const catalog = await loadPlugins(options.plugins ?? [], { catalog: options.catalog });
    const opened = await openOnEngine(options);
    const folder = await mkdtemp(join(tmpdir(), 'pharmacist-'));
    try {
      const chosen = new Chosen(catalog);
      for (const format of options.formats ?? []) chosen.add('format', format);
      return await work(new Setting(options, { folder, chosen, opened }, onProgress));
    } finally {
      await rm(folder, { recursive: true, force: true });
      await opened?.model.dispose();
    }
  }

  /** Where the stage's files go. */
  get out(): string {
    return this.#options.out ?? join(this.#folder, 'out');
  }

  /** Rows as a stage reads them. @param label names rows in hand in messages. @throws {DataError} if one is no row. */
  async rows(rows: Rows, label: string): Promise<RowSource> {
    if (typeof rows === 'string') return rows;
    if (Array.isArray(rows) && rows.length > 0 && rows.every((row) => typeof row === 'string')) return rows as readonly string[];
    const name = `${label} (in memory)`;
    this.#inMemory.set(name, await rowsInMemory(rows as Iterable<object>, label));
    return name;
  }

  /** The same for rows that may be left out. */
  async rowsOrNone(rows: Rows | undefined, label: string): Promise<RowSource | undefined> {
    return rows === undefined ? undefined : await this.rows(rows, label);
  }

  /** Where the rows of a grid are written that are in hand: beside its folder, so that the same call again names the same files. */
  get rowsFolder(): string {
    return `${resolve(this.out)}-rows`;
  }

  /** A path for a file or folder that is removed with the setting. */
  temporary(name: string): string {
    return join(this.#folder, name);
  }

  /** What every stage takes; asked for when all rows and names are known. */
  get stage(): StageOptions {
    const {
      model = CALL_DEFAULTS.model,
      seed = CALL_DEFAULTS.seed,
      template,
      maxLength,
      engine,
      numThreads,
      numDevices,
      recompute,
      map,
      split,
      subset,
      skipInvalid,
      signal,
    } = this.#options;
    return {
      model,
      seed,
      template,
      maxLength,
      engine: engine === undefined || isEngine(engine) ? undefined : this.chosen.nameOf('engine', engine),
      numThreads,
      numDevices,
      recompute,
      map,
      split,
      subset,
      skipInvalid,
      signal,
      out: this.out,
      inMemory: this.#inMemory,
      catalog: this.chosen.catalog,
      reporter: this.#reporter,
    };
  }

  /** Of every result. */
  get common(): WorkResult {
    return { warnings: this.warnings, out: this.#options.out };
  }
}

async function openOnEngine({ engine, model = CALL_DEFAULTS.model }: WorkOptions): Promise<Workbench | undefined> {
  if (engine === undefined || !isEngine(engine)) return undefined;
  return { model: await LanguageModel.load(await modelDirectory(model), engine), choice: { engine, reason: "the caller's own" } };
}

/** Whether it is an engine that is open already, and neither a name nor a definition. */
function isEngine(engine: NonNullable<WorkOptions['engine']>): engine is Engine {
  return typeof engine === 'object' && 'compile' in engine;
}
