import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { ConfigError, readJson, type Reporter, silentReporter, throwIfAborted, unknownName } from '@pharmacist/core';
import { loadPlugins } from '../plugin/load-plugins.ts';
import type { StageOptions } from '../every-stage/options.ts';
import { withWorkbench } from '../models/workbench.ts';
import { workbenchOf } from './asked-work.ts';
import { checkMethods } from './check-methods.ts';
import { versionsOfWork } from '../versions.ts';
import { assertSameVersions } from '../executor/same-versions.ts';
import { downstreamOf } from './downstream.ts';
import { type GridFile, readGridFile } from './grid-file.ts';
import { GridSteps, type SelectionFacts } from './grid-steps.ts';
import { planRun } from './plan.ts';
import { isStepDone, stepGraph } from './step-tasks.ts';
import { stepIds } from './step-ids.ts';

export interface RunStepOptions extends Pick<StageOptions, 'reporter' | 'signal' | 'out' | 'takeOver'> {
  /** Of the run's attempts, the one that wants this step. */
  readonly order: number;
  /** Waits for the steps before it, for who starts all steps at once; else one that is not done is an error. */
  readonly isPatient?: boolean | undefined;
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

export interface StepResult {
  readonly out: string;
  readonly step: string;
}

/**
 * Makes one step of a run in this process, for a run that gives its steps to others. Its directory is taken over from an earlier attempt,
 * whatever became of that; a step that is done is left as it is.
 * @param asked its id, or its number among the steps of the run, from 0.
 * @throws {ConfigError} before anything is written: if there is no such step, a step before it is not done, or this machine has other
 * versions than the run began with. @throws {SupersededError} if a later attempt has taken the step over.
 */
export async function runStep(asked: string | number, options: RunStepOptions): Promise<StepResult> {
  const { out, order, isPatient = false, takeOver, signal, env, reporter = silentReporter } = options;
  const { key, config, versions, mixed } = await readGridFile(out);
  const graph = stepGraph(config);
  const node = typeof asked === 'number' ? graph[asked] : graph.find((candidate) => candidate.id === asked);
  if (node === undefined) {
    const known = graph.slice(0, MAX_NAMED).map((candidate) => candidate.id);
    const what = typeof asked === 'number' ? `has ${graph.length} steps, from 0 on, and no step ${asked}` : unknownName(asked, known);
    throw new ConfigError(what, { where: out });
  }
  const { id, after } = node;
  if (isPatient) await untilDone(after, { out, signal, reporter });
  const catalog = await loadPlugins(config.plugins ?? []);
  const { selectors } = await checkMethods(config, catalog);
  await withWorkbench({ ...workbenchOf(config, selectors, catalog), catalog, reporter }, undefined, async (workbench) => {
    assertSameVersions(versions, versionsOfWork(workbench.choice.engine), { mixed, reporter });
    const ownerOf = (task: string) => ({ job: key, task, order });
    const steps = new GridSteps({ config, out, workbench, catalog, signal, env, reporterOf: () => reporter, ownerOf, takeOver });
    await make(id, { config, out, steps });
  });
  return { out, step: id };
}

/** Steps that are named where one is unknown. */
const MAX_NAMED = 20;
const LOOK_MS = 2000;

async function untilDone(
  ids: readonly string[],
  { out, signal, reporter }: { out: string; signal: AbortSignal | undefined; reporter: Reporter },
): Promise<void> {
  for (const id of ids) {
    for (let looks = 0; !(await isStepDone(out, id)); looks++) {
      if (looks === 0) reporter.info(`waits for ${id}`);
      throwIfAborted(signal);
      await setTimeout(LOOK_MS, undefined, { signal });
    }
  }
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
