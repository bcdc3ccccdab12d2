import { readdir, rm, stat } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { asFileError, pathExists, readJson, writeJsonAtomic } from './atomic-file.ts';
import { ConfigError } from './errors.ts';
import { hashOfValue, sha256OfFile } from './hash.ts';
import { describeDifference, jsonDifferences } from './json-difference.ts';
import { assertLocal } from './local-path.ts';
import { silentReporter, type Reporter } from './progress.ts';
import { RunDirectory } from './run.ts';
import { acquireLock, isLocked, type LockHolder, lockHolder, type LockOwner } from './run-lock.ts';
import { addSeconds, RUN_FORMAT_VERSION, runIdentity, runRecordSchema, sumCounts, type RunInput, type RunRecord } from './run-record.ts';
import { Stopwatch } from './stopwatch.ts';

export interface RunDirectoryOptions {
  /** Where run.json, the results and the checkpoints go: a folder that is missing, empty, or that the same run left. */
  path: string;
  command: string;
  /** Resolved configuration: everything that decides the result's bytes, and nothing else (no output path, no verbosity). */
  config: Record<string, unknown>;
  inputs: readonly RunInput[];
  /** Versions of Node, of this project and of the packages that compute; whatever else may change the last bits, as the machine. */
  versions: Record<string, string>;
  engine?: unknown;
  /** Result files, relative to `path`, that the finished run holds. */
  resultFiles: readonly string[];
  /** Begun with the command: the run's time counts from there, and its laps are phases. Without one the time counts from here. */
  stopwatch?: Stopwatch;
  /** On whose behalf, where several machines may be told to do this run; a later attempt takes the directory over. */
  owner?: LockOwner | undefined;
  /** Takes the directory from a process on another machine, since somebody says that it is gone. */
  takesOver?: boolean | undefined;
  /** Hears of a damaged checkpoint and of versions that changed between two attempts. */
  reporter?: Reporter;
}

const RECORD = 'run.json';
const STATE = '.state';
const LOCK = 'lock';
/** A neighbour that writeFileAtomic left when the process was killed. */
const PARTIAL = /^\..+\.[0-9a-f-]{36}\.partial$/;

/**
 * Opens the directory of one run: begins a new run, continues one that was stopped, or finds it complete (`isComplete`).
 *
 * Nothing is written before it is known that the directory is this run's. While it is open it is locked against other processes;
 * `complete`, `fail` or `close` unlocks it, and so does the end of the process.
 * @throws {ConfigError} if the path is an address or a file, holds something else or another run (every differing field is named), or is in use.
 * @throws {FileError} if the directory cannot be read or written. @throws {SupersededError} if a later attempt of the same owner is at it.
 */
export async function openRunDirectory(options: RunDirectoryOptions): Promise<RunDirectory> {
  const { path, owner, takesOver, reporter = silentReporter, stopwatch = new Stopwatch() } = options;
  assertLocal(path, 'give a folder; --copy-to copies the results of select and run to s3://bucket/prefix once they are done');
  const found = await findRecord(path, options.inputs);
  const fresh = newRecord(options, stopwatch.startedAt);
  if (found !== undefined) assertSameRun(path, found, fresh);

  if (found?.status === 'done' && (await hasAllResults(path, found, options.resultFiles))) {
    // A run killed between its last record and its end leaves checkpoints that nobody needs.
    if (!(await isLocked(join(path, STATE, LOCK)))) await rm(join(path, STATE), { recursive: true, force: true });
    const release = async () => undefined;
    return new RunDirectory({ path, record: found, resultFiles: options.resultFiles, reporter, startedMs: stopwatch.startedMs, release });
  }
  const release = await acquireLock(join(path, STATE, LOCK), { owner, takesOver });
  try {
    await removePartials(path);
    await removePartials(join(path, STATE));
    const record = continueRecord(found, fresh);
    for (const [phase, seconds] of Object.entries(stopwatch.laps)) addSeconds(record, phase, seconds);
    if (found !== undefined) warnAboutVersions(found, fresh, reporter);
    await writeJsonAtomic(join(path, RECORD), record);
    return new RunDirectory({ path, record, resultFiles: options.resultFiles, reporter, startedMs: stopwatch.startedMs, release });
  } catch (error) {
    await release();
    throw error;
  }
}

/** Who works in a run's directory, and whether that process is at work as far as this machine can tell. */
export async function holderOfRun(path: string): Promise<{ holder: LockHolder; isAlive: boolean | undefined } | undefined> {
  return await lockHolder(join(path, STATE, LOCK));
}

/** The record of an earlier attempt, or undefined if the directory is free for a new run. */
async function findRecord(path: string, inputs: readonly RunInput[]): Promise<RunRecord | undefined> {
  const hint = 'choose another --out';
  if (!(await pathExists(path))) {
    // Written out, the folder would have another name than the one that was typed.
    if (path.includes('\ufffd')) throw new ConfigError('has a name that is not UTF-8 text', { where: path, hint });
    return undefined;
  }
  if (!(await stat(path)).isDirectory()) throw new ConfigError('is a file; a run needs a folder', { where: path, hint });
  const names = await entriesOf(path);
  if (!names.includes(RECORD)) {
    const others = names.filter((name) => !PARTIAL.test(name) && name !== STATE);
    // A run killed before its first record leaves a state folder with at most a lock in it.
    const isOurs = others.length === 0 && (await entriesOf(join(path, STATE))).every((name) => name.startsWith(LOCK));
    if (isOurs) return undefined;
    const read = others.filter((name) => inputs.some((input) => isInside(input, join(path, name))));
    if (read.length > 0) {
      throw new ConfigError(`holds what this run reads (${sampleOf(read)}), and a run needs a folder of its own`, {
        where: path,
        hint: `${hint}, for instance ${join(path, 'run')}`,
      });
    }
    const all = [...others, ...(names.includes(STATE) ? [STATE] : [])];
    throw new ConfigError(`holds files that are not a run's (${sampleOf(all)})`, { where: path, hint: `${hint}, or empty the folder` });
  }
  const file = join(path, RECORD);
  const value = await readJson(file);
  const version = (value as { formatVersion?: unknown } | null)?.formatVersion;
  if (typeof version === 'number' && version > RUN_FORMAT_VERSION) {
    throw new ConfigError(`has format ${version}, this version writes ${RUN_FORMAT_VERSION}`, { where: file, hint: `update, or ${hint}` });
  }
  const parsed = runRecordSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const problem = issue === undefined ? '' : `: ${issue.path.join('.') || 'the whole'}: ${issue.message}`;
  throw new ConfigError(`is not a run record${problem}`, { where: file, hint });
}

/** Whether an input is a file, or was read from a folder: the user would lose it with the advice to empty the folder above. */
function isInside({ source, files = [] }: RunInput, path: string): boolean {
  return [source, ...files.map((file) => file.source)].some((name) => `${resolve(name)}${sep}`.startsWith(`${resolve(path)}${sep}`));
}

function sampleOf(names: readonly string[]): string {
  return names.length > 3 ? `${names.slice(0, 3).join(', ')}, …` : names.join(', ');
}

async function entriesOf(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw asFileError(error, folder, 'read');
  }
}

function newRecord({ command, config, inputs, versions, engine = null }: RunDirectoryOptions, startedAt: string): RunRecord {
  // Through JSON, as it will be read back: undefined members are absent.
  const plainConfig = JSON.parse(JSON.stringify(config)) as Record<string, unknown>;
  const { seed } = plainConfig;
  return {
    formatVersion: RUN_FORMAT_VERSION,
    command,
    status: 'running',
    config: plainConfig,
    seed: typeof seed === 'number' || typeof seed === 'string' ? seed : null,
    versions: { ...versions },
    engine,
    inputs: inputs.map((input) => ({ ...input })),
    counts: sumCounts(inputs),
    passes: {},
    notes: {},
    summary: {},
    results: [],
    timing: { startedAt, finishedAt: null, attempts: 1, wallSeconds: 0, phases: {}, peakRssBytes: 0 },
  };
}

/** Times accumulate over the attempts of one run; passes and notes come back with the checkpoint that the command loads. */
function continueRecord(found: RunRecord | undefined, fresh: RunRecord): RunRecord {
  if (found === undefined || found.status === 'done') return fresh;
  return { ...fresh, timing: { ...found.timing, finishedAt: null, attempts: found.timing.attempts + 1 } };
}

function assertSameRun(path: string, found: RunRecord, fresh: RunRecord): void {
  const [before, after] = [runIdentity(found), runIdentity(fresh)];
  if (hashOfValue(before) === hashOfValue(after)) return;
  const differences = jsonDifferences(before, after);
  const listed = differences.slice(0, 20).map((difference) => `  ${describeDifference(difference)}`);
  if (differences.length > listed.length) listed.push(`  and ${differences.length - listed.length} more`);
  throw new ConfigError(`holds another run; it differs in\n${listed.join('\n')}`, {
    where: path,
    hint: 'choose another --out, or repeat the command of that run to continue it',
    details: { differences },
  });
}

function warnAboutVersions(found: RunRecord, fresh: RunRecord, reporter: Reporter): void {
  const changed = jsonDifferences(found.versions, fresh.versions);
  if (changed.length > 0) {
    reporter.warn(
      `this run began with other versions, the result may differ from one attempt's: ${changed.map(describeDifference).join(', ')}`,
    );
  }
}

async function hasAllResults(path: string, { results }: RunRecord, expected: readonly string[]): Promise<boolean> {
  const byPath = new Map(results.map((result) => [result.path, result.sha256]));
  if (!expected.every((name) => byPath.has(name))) return false;
  for (const [name, hash] of byPath) {
    const file = join(path, name);
    if (!(await pathExists(file)) || (await sha256OfFile(file)) !== hash) return false;
  }
  return true;
}

async function removePartials(folder: string): Promise<void> {
  for (const name of await entriesOf(folder)) {
    if (PARTIAL.test(name)) await rm(join(folder, name), { force: true });
  }
}
