import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, type DefinitionKind, KIND_WORDS, writeFileAtomic } from '@pharmacist/core';
import { rowsInMemory } from '@pharmacist/data-io';
import { type ExecutorChoice, parseRunConfig, readRunConfig, run, type RunResult } from '@pharmacist/experiment';
import type { Chosen, NameOr } from './chosen.ts';
import type { WorkOptions, WorkResult } from './options.ts';
import { Setting } from './setting.ts';
import { beginWork, type Work } from './work.ts';

export interface GridOptions extends Pick<
  WorkOptions,
  'out' | 'plugins' | 'formats' | 'catalog' | 'onProgress' | 'onWarning' | 'onInfo' | 'signal'
> {
  /**
   * The file of a configuration, or what one holds. In an object, definitions of one's own may stand wherever a method, filter, defense,
   * judge, task or engine is named, and rows in hand wherever `data` names files.
   */
  readonly config: string | Readonly<Record<string, unknown>>;
  /**
   * Who makes the steps, in processes of their own: a name, as `--executor` takes it, or a definition. They read the configuration, and know what `plugins`
   * bring; definitions in the configuration are not known to them.
   */
  readonly executor?: NameOr<'executor'> | undefined;
  /** Its settings, as `--executor-set` takes them. */
  readonly executorSettings?: Readonly<Record<string, unknown>> | undefined;
  /** How the command line is called for a step; `['pharmacist']` by default. */
  readonly program?: readonly string[] | undefined;
  /** Environment variables, for judges that need a key; the process's own by default. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

export interface GridResult extends WorkResult, Pick<RunResult, 'rows' | 'rankings' | 'reliabilities' | 'comparisons' | 'record'> {
  /** The report, a page that needs nothing else. */
  readonly report: string;
}

/**
 * Runs a grid, as `pharmacist run` does, to the same bytes.
 * @returns a promise that may be iterated over for progress.
 * @throws {IncompleteError} after the whole grid if a judge failed on some answers. @throws {PharmacistError} for every mistake in the configuration.
 */
export function runGrid({ config: asked, plugins = [], env = process.env, ...options }: GridOptions): Work<GridResult> {
  return beginWork(async (onProgress) => {
    return await Setting.with(options, onProgress, async (setting) => {
      const read =
        typeof asked === 'string'
          ? await readRunConfig(asked)
          : parseRunConfig(JSON.stringify(await inNames(asked, setting)), 'the configuration');
      const named = [...(read.plugins ?? []), ...plugins];
      const config = { ...read, ...(named.length > 0 && { plugins: named }) };
      const executor = executorChoice(options, setting);
      const { catalog, reporter, signal, out } = setting.stage;
      const { rows, rankings, reliabilities, comparisons, record, files } = await run({
        config,
        out,
        catalog,
        executor,
        reporter,
        signal,
        env,
      });
      return { ...setting.common, rows, rankings, reliabilities, comparisons, record, report: await readFile(files.report, 'utf8') };
    });
  });
}

/** @throws {ConfigError} if there are definitions that the processes of an executor know nothing of. */
function executorChoice(
  { executor, executorSettings: settings = {}, program = ['pharmacist'] }: Pick<GridOptions, 'executor' | 'executorSettings' | 'program'>,
  { chosen }: Setting,
): ExecutorChoice | undefined {
  if (executor === undefined) return undefined;
  const name = chosen.nameOf('executor', executor);
  const [unknown] = chosen.catalog.inputs;
  if (unknown === undefined) return { name, settings, program };
  throw new ConfigError(`${unknown.source} is known to this program alone, not to the processes that make the steps`, {
    where: 'executor',
    hint: 'put definitions into a module and name it in `plugins`',
  });
}

/** A configuration in names: definitions go into the catalog, and rows in hand into files. */
async function inNames({ data, ...rest }: Readonly<Record<string, unknown>>, setting: Setting): Promise<Record<string, unknown>> {
  const named = namedIn(rest, setting.chosen) as Record<string, unknown>;
  return data === undefined ? named : { ...named, data: await withFiles(data as Record<string, unknown>, setting, []) };
}

function namedIn(value: unknown, chosen: Chosen): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((each) => namedIn(each, chosen));
  const { kind } = value as { readonly kind?: unknown };
  if (typeof kind === 'string' && kind in KIND_WORDS) return chosen.nameOf(kind as DefinitionKind, value as NameOr<'selector'> as never);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, namedIn(each, chosen)]));
}

/** Pools are described, not listed: their objects are no rows. */
const DESCRIBED = 'pools';

async function withFiles(
  data: Readonly<Record<string, unknown>>,
  setting: Setting,
  path: readonly string[],
): Promise<Record<string, unknown>> {
  const files: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(data)) {
    const place = [...path, key];
    if (isRows(value) && key !== DESCRIBED) {
      const file = join(setting.rowsFolder, `${place.join('-')}.jsonl`);
      await writeFileAtomic(file, await rowsInMemory(value, `data.${place.join('.')}`));
      files[key] = file;
    } else if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
      files[key] = await withFiles(value as Record<string, unknown>, setting, place);
    } else {
      files[key] = value;
    }
  }
  return files;
}

function isRows(value: unknown): value is readonly object[] {
  return Array.isArray(value) && value.some((row) => row !== null && typeof row === 'object');
}
