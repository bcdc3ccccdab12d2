import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { asFileError, describeDifference, jsonDifferences, pathExists, writeFileAtomic } from '@pharmacist/core';
import type { NodeAnswer } from '@pharmacist/distributed';
import { createEngine } from '@pharmacist/tensor-kernels';
import type { Catalog } from '../catalog/catalog.ts';
import { type ExecutorChoice, parseChoice } from '../executor/executor-choice.ts';
import { versionsOfWork } from '../versions.ts';
import { type NodeProbe, QUESTION } from './probe-node.ts';

export interface ClusterNode {
  readonly node: string;
  readonly cpus: number;
  readonly gpus: number;
  /** Engine that `auto` takes there; undefined if it did not answer. */
  readonly engine: string | undefined;
  /** What would end a run's steps there. */
  readonly problems: readonly string[];
  /** What a run's steps may be told to bear. */
  readonly warnings: readonly string[];
}

export interface ClusterReport {
  readonly executor: string;
  /** Folder that every machine was asked to read and write. */
  readonly folder: string;
  readonly nodes: readonly ClusterNode[];
  readonly warnings: readonly string[];
  /** Whether steps can be made on every machine. */
  readonly works: boolean;
}

export interface DoctorClusterOptions {
  readonly executor: ExecutorChoice;
  /** Where the executor is looked up; what is built in if left out. */
  readonly catalog?: Pick<Catalog, 'executor'> | undefined;
  /** Folder below which runs will be; the current one if left out. */
  readonly shared?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks every machine of an executor: whether this program runs there in the same versions, and whether a file that one writes is what the
 * others read. Leaves nothing behind.
 * @throws {ConfigError} for wrong settings. @throws {ExecutorError} if the engine cannot be reached. @throws {FileError} if the folder cannot be written here.
 */
export async function doctorCluster({
  executor: choice,
  catalog,
  shared = '.',
  env,
  signal,
}: DoctorClusterOptions): Promise<ClusterReport> {
  const { executor, settings } = parseChoice(choice, env, catalog);
  const { engine } = await createEngine();
  const here = versionsOfWork(engine);
  await engine.dispose();
  const folder = resolve(shared);
  const dir = await mkdtemp(join(folder, '.pharmacist-doctor-')).catch((error: unknown) => {
    throw asFileError(error, folder, 'written');
  });
  try {
    const question = randomUUID();
    await writeFileAtomic(join(dir, QUESTION), question);
    const argv = [...(settings.program ?? choice.program), 'probe', dir];
    const answers = await executor.probe(argv, { key: question, cwd: process.cwd(), dir, signal });
    const nodes: ClusterNode[] = [];
    for (const answer of answers) nodes.push(await examine(answer, { dir, question, here }));
    const warnings = (await executor.warnings?.()) ?? [];
    const works = nodes.length > 0 && nodes.every(({ problems }) => problems.length === 0);
    return { executor: executor.name, folder, nodes, warnings, works };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function examine(
  { node, cpus, gpus, exitStatus, output }: NodeAnswer,
  { dir, question, here }: { dir: string; question: string; here: Readonly<Record<string, string>> },
): Promise<ClusterNode> {
  const probe = exitStatus === 0 ? probeIn(output) : undefined;
  if (probe === undefined) {
    const said = output.trim().split('\n').slice(-3).join(' ');
    return { node, cpus, gpus, engine: undefined, problems: [said === '' ? 'said nothing' : said], warnings: [] };
  }
  const differences = jsonDifferences(here, probe.versions);
  const isMachine = ({ path }: { path: string }) => path === 'machine';
  const isShared = probe.question === question && probe.answerFile !== null && (await pathExists(join(dir, probe.answerFile)));
  const why = probe.problem === null ? '' : `: ${probe.problem}`;
  return {
    node,
    cpus,
    gpus,
    engine: probe.versions['engine'],
    problems: [
      ...differences.filter((difference) => !isMachine(difference)).map((difference) => `other version: ${describeDifference(difference)}`),
      ...(isShared ? [] : [`the folder is not shared with it${why}`]),
    ],
    warnings: differences.filter(isMachine).map((difference) => `another kind of machine: ${describeDifference(difference)}`),
  };
}

/** The last line that is what `probe` prints. */
function probeIn(output: string): NodeProbe | undefined {
  for (const line of output.trim().split('\n').reverse()) {
    try {
      const value = JSON.parse(line) as Partial<NodeProbe> | null;
      if (value !== null && typeof value === 'object' && value.versions !== undefined) return value as NodeProbe;
    } catch {
      // Another's line.
    }
  }
  return undefined;
}
