import { join } from 'node:path';
import { ConfigError, describeDifference, jsonDifferences, readJson, type Reporter, silentReporter, unknownName } from '@pharmacist/core';
import { loadPlugins } from '../plugin/load-plugins.ts';
import type { StageOptions } from '../stage/options.ts';
import { withWorkbench } from '../stage/workbench.ts';
import { versionsOfWork } from '../versions.ts';
import { downstreamOf } from './downstream.ts';
import { type GridFile, readGridFile } from './grid-file.ts';
import { GridSteps, type SelectionFacts } from './grid-steps.ts';
import { planRun } from './plan.ts';
import { stepGraph } from './step-tasks.ts';
import { stepIds } from './step-ids.ts';

export interface RunStepOptions extends Pick<StageOptions, 'reporter' | 'signal' | 'out'> {
  /** Of the run's attempts, the one that wants this step. */
  readonly order: number;
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

export interface StepResult {
  readonly out: string;
  readonly step: string;
}

/**
 * Makes one step of a run in this process, for a run that gives its steps to others. Its directory is taken over from an earlier attempt,
 * whatever became of that; a step that is done is left as it is.
 * @throws {ConfigError} before anything is written: if there is no such step, a step before it is not done, or this machine has other
 * versions than the run began with. @throws {SupersededError} if a later attempt has taken the step over.
 */
export async function runStep(id: string, options: RunStepOptions): Promise<StepResult> {
  const { out, order, signal, env, reporter = silentReporter } = options;
  const { key, config, versions, mixed } = await readGridFile(out);
  const ids = stepGraph(config).map((node) => node.id);
  if (!ids.includes(id)) throw new ConfigError(unknownName(id, ids.slice(0, 20)), { where: `step of ${out}` });
  const catalog = await loadPlugins(config.plugins ?? []);
  const { model, engine, threads: numThreads, devices: numDevices } = config;
  await withWorkbench({ model, engine, numThreads, numDevices, reporter }, undefined, async (workbench) => {
    assertSameVersions(versions, versionsOfWork(workbench.choice.engine), { mixed, reporter });
    const ownerOf = (task: string) => ({ job: key, task, order });
    const steps = new GridSteps({ config, out, workbench, catalog, signal, env, reporterOf: () => reporter, ownerOf });
    await make(id, { config, out, steps });
  });
  return { out, step: id };
}

async function make(id: string, { config, out, steps }: Pick<GridFile, 'config'> & { out: string; steps: GridSteps }): Promise<void> {
  const { selections, alignments, attacks } = planRun(config);
  for (const step of selections) if (stepIds.selection(step) === id) await steps.select(step);
  const downstream = downstreamOf(config);
  if (downstream === undefined) return;
  for (const step of alignments) {
    if (stepIds.alignment(step) === id) {
      await steps.align(downstream, step, await selectionFacts(join(out, stepIds.selection(step.selection))));
    }
    if (stepIds.before(step) === id) await steps.evaluateBefore(downstream, step);
  }
  for (const step of attacks) {
    if (stepIds.attack(step) === id) await steps.attack(downstream, step);
    if (stepIds.after(step) === id) await steps.evaluateAfter(downstream, step);
  }
}

async function selectionFacts(folder: string): Promise<SelectionFacts> {
  const path = join(folder, 'run.json');
  const { status, summary } = (await readJson(path)) as { status: unknown; summary: { numRows?: unknown } };
  if (status !== 'done' || typeof summary.numRows !== 'number') {
    throw new ConfigError('is not done, and this step reads its core subset', { where: folder, hint: 'make that step first' });
  }
  return { files: { core: join(folder, 'core.jsonl') }, numRows: summary.numRows };
}

/**
 * Versions decide the last bits of results: another one ends the step before it begins. Another kind of machine does, too, unless that was
 * allowed.
 */
function assertSameVersions(
  expected: Readonly<Record<string, string>>,
  found: Readonly<Record<string, string>>,
  { mixed, reporter }: { mixed: boolean; reporter: Reporter },
): void {
  const differences = jsonDifferences(expected, found);
  const isMachine = ({ path }: { path: string }) => path === 'machine';
  const wrong = differences.filter((difference) => !isMachine(difference));
  if (wrong.length > 0) {
    throw new ConfigError(`this machine has other versions than the run began with: ${wrong.map(describeDifference).join(', ')}`, {
      where: 'step',
      hint: 'install the same version of Node and of pharmacist on every machine, or give the program’s path with --executor-set program=…',
    });
  }
  const [other] = differences.filter(isMachine);
  if (other === undefined) return;
  if (mixed) {
    reporter.warn(`this machine is of another kind than the run began on: ${describeDifference(other)}`);
    return;
  }
  throw new ConfigError(
    `this machine is of another kind than the run began on, and the last bits may differ: ${describeDifference(other)}`,
    {
      where: 'step',
      hint: 'let machines of one kind work, and give the command there too, or allow it with --executor-set mixed=true',
    },
  );
}
