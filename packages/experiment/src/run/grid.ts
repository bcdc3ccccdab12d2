import { IncompleteError, type RunDirectory, type RunRecord, silentReporter } from '@pharmacist/core';
import type { ResultRow } from '@pharmacist/results';
import type { EvaluateResult } from '../evaluate/evaluate.ts';
import type { Scores } from '../evaluate/scores.ts';
import type { StageOptions } from '../every-stage/options.ts';
import type { Workbench } from '../models/workbench.ts';
import { type Measured, resultRow } from './cell-row.ts';
import type { RunConfig } from './config-schema.ts';
import { downstreamOf } from './downstream.ts';
import { GridProgress } from './grid-progress.ts';
import { GridSteps } from './grid-steps.ts';
import { planRun } from './plan.ts';
import type { GridSelection } from './read-rankings.ts';
import { stepIds } from './step-ids.ts';
import { timedSteps } from './timed-steps.ts';

export interface GridOptions extends Pick<StageOptions, 'catalog' | 'reporter' | 'signal' | 'takeOver'> {
  readonly config: RunConfig;
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

/** The steps of one run, one after the other in this process; those that are done, here or elsewhere, are only read. */
export class Grid {
  readonly selections: GridSelection[] = [];
  /** What judges failed on, one line an evaluation. */
  readonly problems: string[] = [];
  /** Of any evaluation: the report describes its judge. */
  anyScores: Scores | undefined;
  readonly #config: RunConfig;
  readonly #steps: GridSteps;
  readonly #directory: RunDirectory;

  constructor({ reporter = silentReporter, ...options }: GridOptions, workbench: Workbench, directory: RunDirectory) {
    this.#config = options.config;
    this.#directory = directory;
    const progress = new GridProgress(timedSteps(options.config, options.catalog), reporter);
    this.#steps = new GridSteps({
      ...options,
      workbench,
      out: directory.path,
      reporterOf: (id) => progress.reporterOf(id),
      onDone: (id, { passes, timing }) => {
        this.#count(passes);
        progress.finish(id, timing.wallSeconds);
      },
    });
  }

  async run(): Promise<ResultRow[]> {
    const { selections, alignments, attacks } = planRun(this.#config);
    const downstream = downstreamOf(this.#config);
    const steps = this.#steps;
    const rows: ResultRow[] = [];
    for (const selection of selections) {
      const selected = await steps.select(selection);
      this.selections.push({ step: selection, poolFile: steps.poolFile(selection), result: selected });
      if (downstream === undefined) continue;
      for (const alignment of alignments.filter((step) => step.selection === selection)) {
        const aligned = await steps.align(downstream, alignment, selected);
        const before = await this.#measured(stepIds.before(alignment), async () => await steps.evaluateBefore(downstream, alignment));
        for (const step of attacks.filter((candidate) => candidate.alignment === alignment)) {
          const attacked = await steps.attack(downstream, step);
          const after = await this.#measured(stepIds.after(step), async () => await steps.evaluateAfter(downstream, step));
          rows.push(resultRow(downstream, { step, selected, aligned, attacked, before, after }));
        }
      }
    }
    return rows;
  }

  async #measured(id: string, evaluate: () => Promise<EvaluateResult>): Promise<Measured> {
    try {
      const { scores, record } = await evaluate();
      this.anyScores ??= scores;
      return { scores, seconds: record.timing.wallSeconds };
    } catch (error) {
      if (!(error instanceof IncompleteError)) throw error;
      this.problems.push(`${id}: ${error.message}`);
      this.#count(error.details['passes'] as RunRecord['passes']);
      const scores = error.details['scores'] as Scores;
      this.anyScores ??= scores;
      return { scores, seconds: error.details['seconds'] as number };
    }
  }

  /** The run's passes are those of its steps, finished earlier or now. */
  #count(passes: RunRecord['passes']): void {
    for (const [kind, n] of Object.entries(passes)) this.#directory.count(kind, n);
  }
}
