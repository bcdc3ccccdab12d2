import { IncompleteError, openRunDirectory, type RunInput, type RunRecord, silentReporter, Stopwatch } from '@pharmacist/core';
import {
  compareMethods,
  type Comparison,
  methodReliabilities,
  type MethodReliability,
  type RankingResult,
  rankingResults,
  type ResultRow,
} from '@pharmacist/results';
import type { Catalog } from '../catalog/catalog.ts';
import { judgeModels, type ParsedJudge, withJudges, withoutEffort } from '../evaluate/judges.ts';
import { tokenizeInputs } from '../evaluate/likelihoods.ts';
import type { EvaluateInputs } from '../evaluate/read-inputs.ts';
import { splitChoiceOf } from '../bundled.ts';
import { expandPools } from './expand-pools.ts';
import { drawPools, writePools } from './pool-files.ts';
import type { StageOptions } from '../every-stage/options.ts';
import { loadPlugins } from '../plugin/load-plugins.ts';
import { hubFiles } from '../models/hub-origin.ts';
import { resolveTemplate } from '../models/template.ts';
import { withWorkbench, type Workbench } from '../models/workbench.ts';
import { environment, versionsOfWork } from '../versions.ts';
import { recomputeOf } from '../every-stage/open-stage.ts';
import { workbenchOf } from './asked-work.ts';
import { checkMethods } from './check-methods.ts';
import { checkRows } from './check-rows.ts';
import type { RunConfig } from './config-schema.ts';
import { planComparisons } from './plan-comparisons.ts';
import { Grid, type GridOptions } from './grid.ts';
import { planRun } from './plan.ts';
import { readRankings } from './read-rankings.ts';
import { namesOfRunFiles, placesOfRunFiles, type RunFiles, writeRunFiles } from './run-files.ts';
import { inputsOf } from './run-inputs.ts';
import { type ExecutorChoice, parseChoice } from '../executor/executor-choice.ts';
import { prepareSteps, runOnExecutor } from './run-on-executor.ts';
import { stepGraph } from './step-tasks.ts';

export interface RunOptions extends GridOptions, Pick<StageOptions, 'out'> {
  /** Who makes the steps; this process, one after the other, if left out. A run may go on with another. */
  readonly executor?: ExecutorChoice | undefined;
  /** Ends before the first step, with everything checked and ready for processes that make the steps (`runStep`). */
  readonly prepareOnly?: boolean | undefined;
}

export interface RunResult {
  readonly out: string;
  readonly files: RunFiles & { readonly record: string };
  /** None if the run only ranks. */
  readonly rows: readonly ResultRow[];
  /** What the rankings are worth by themselves; none of a run that aligns on its rows as they are. */
  readonly rankings: readonly RankingResult[];
  /** How far probabilities of the same rankings hold, a method that gives them each. */
  readonly reliabilities: readonly MethodReliability[];
  /** Methods against each other over the seeds; empty with one seed, if no two are to be compared, and if the run only ranks. */
  readonly comparisons: readonly Comparison[];
  readonly record: RunRecord;
  /** True if an earlier run had finished: nothing was computed. */
  readonly wasComplete: boolean;
  /** Of a run that was only prepared: its steps, each after those that it needs. */
  readonly steps?: readonly string[] | undefined;
}

/**
 * Runs a grid: pools x selection methods x defenses x poison ratios x seeds, everything shared once; a configuration without alignment and
 * attack ends with the rankings. Every step has a run directory of its own below `out`, so that a run that was stopped at any moment
 * continues there. Writes results.parquet, report.html and run.json, for pools or rankings alone planted.parquet and reliability.parquet,
 * and if it aligns with two or more seeds and plans to compare methods (`planComparisons`), comparisons.parquet.
 * @throws {IncompleteError} after the whole grid if a judge failed on some answers. @throws {PharmacistError} for every mistake in the
 * configuration or a file that can be told without computing, before anything is written.
 */
export async function run(options: RunOptions): Promise<RunResult> {
  const stopwatch = new Stopwatch();
  const { out, reporter = silentReporter, signal, env = {} } = options;
  const catalog = await loadPlugins(options.config.plugins ?? [], { catalog: options.catalog });
  const executor = options.executor === undefined ? undefined : parseChoice(options.executor, env, catalog);
  const asked = await expandPools(options.config, catalog);
  const { selectors, judges } = await checkMethods(asked, catalog);
  const comparisonPlan = planComparisons(asked);
  const names = namesOfRunFiles(asked, comparisonPlan);
  const pools = await drawPools(planRun(asked).pools, asked.data.alignment, { ...splitChoiceOf(asked.data), formats: catalog.format });
  const { evaluated, records } = await checkRows(asked, { selectors, pools, catalog, reporter, signal });
  const inputs = inputsOf(asked, records);
  stopwatch.lap('read');
  const { model } = asked;
  const opening = { ...workbenchOf(asked, selectors, catalog), catalog, reporter, signal };
  return await withWorkbench(opening, undefined, async (workbench) => {
    const { choice } = workbench;
    const config: RunConfig = { ...asked, template: resolveTemplate(asked.template, workbench.model, reporter) };
    const judgeInputs = await checkWithModel(config, workbench, { judges, evaluated, env, reporter, catalog });
    const modelInput = {
      role: 'model',
      source: model,
      sha256: workbench.model.identityHash,
      ...(await hubFiles(model)),
    };
    stopwatch.lap('load');
    const directory = await openRunDirectory({
      path: out,
      command: 'run',
      config: { ...identityOf(config, catalog), engine: choice.engine.name, ...recomputeOf(workbench) },
      inputs: [...inputs, ...catalog.inputs, modelInput, ...judgeInputs],
      versions: environment(choice.engine),
      engine: { name: choice.engine.name, description: choice.engine.description, reason: choice.reason },
      resultFiles: Object.values(names),
      stopwatch,
      reporter,
      takesOver: options.takeOver,
    });
    const places = placesOfRunFiles(names, (name) => directory.file(name));
    const files = { ...places, record: directory.file('run.json') };
    if (directory.isComplete) {
      const { rows = [], rankings = [], reliabilities = [] } = directory.record.summary as Partial<RunResult>;
      const comparisons = compareMethods(rows, comparisonPlan);
      return { out, files, rows, rankings, reliabilities, comparisons, record: directory.record, wasComplete: true };
    }
    try {
      await writePools(pools, (file) => directory.file(file));
      if (options.prepareOnly === true) {
        await prepareSteps(out, { config, versions: versionsOfWork(choice.engine), mixed: executor?.settings.mixed ?? false });
        await directory.close();
        const steps = stepGraph(config).map(({ id }) => id);
        return {
          out,
          files,
          rows: [],
          rankings: [],
          reliabilities: [],
          comparisons: [],
          record: directory.record,
          wasComplete: false,
          steps,
        };
      }
      if (executor !== undefined) {
        const nodes = await directory.phase('steps', async () => {
          return await runOnExecutor(executor, options.executor!.program, {
            out,
            config,
            versions: versionsOfWork(choice.engine),
            order: directory.record.timing.attempts,
            takeOver: options.takeOver,
            signal,
            reporter,
          });
        });
        directory.note('nodes', nodes);
      }
      const grid = new Grid({ ...options, config, catalog }, workbench, directory);
      const rows = await directory.phase('grid', async () => await grid.run());
      const ranked = await readRankings(grid.selections, { ...splitChoiceOf(config.data), formats: catalog.format });
      const measured = ranked.map(({ ranking }) => ranking);
      const rankings = rankingResults(measured);
      const reliabilities = methodReliabilities(measured);
      const comparisons = compareMethods(rows, comparisonPlan);
      await directory.phase('write', async () => {
        const { record } = directory;
        await writeRunFiles(places, { config, rows, comparisons, ranked, rankings, reliabilities, record, scores: grid.anyScores });
      });
      if (grid.problems.length > 0) {
        throw new IncompleteError(grid.problems.join('; '), {
          where: out,
          hint: 'see to it that the judge can be reached, and give the same command again',
        });
      }
      const isRanked = places.planted !== undefined;
      const shown = isRanked ? { rankings, reliabilities } : { rankings: [], reliabilities: [] };
      await directory.complete({ rows, ...(isRanked && shown) });
      return { out, files, rows, ...shown, comparisons, record: directory.record, wasComplete: false };
    } catch (error) {
      await directory.fail(error);
      throw error;
    }
  });
}

/** The configuration as far as results depend on it. */
function identityOf(asked: RunConfig, catalog: Catalog): Omit<RunConfig, 'recompute' | 'allowLittleMemory'> {
  const { evaluation, plugins: _, recompute: __, allowLittleMemory: ___, ...config } = asked;
  // What plugins hold is among the inputs; where they lie decides nothing.
  return evaluation === undefined
    ? config
    : { ...config, evaluation: { ...evaluation, judges: withoutEffort(evaluation.judges, catalog) } };
}

/** Models and judges are there, and whatever is scored has a token: a mistake would otherwise end a run after its first alignment. @returns the models that judge. */
async function checkWithModel(
  { maxLength, template, evaluation, data }: RunConfig,
  { model, choice: { engine } }: Workbench,
  {
    judges,
    evaluated,
    env = {},
    reporter,
    catalog,
  }: Pick<RunOptions, 'env' | 'reporter'> & {
    readonly catalog: Catalog;
    readonly judges: readonly ParsedJudge[];
    readonly evaluated: EvaluateInputs | undefined;
  },
): Promise<RunInput[]> {
  model.checkLength(maxLength, 'maxLength');
  if (evaluation !== undefined) model.checkNewTokens(evaluation.maxNewTokens, 'evaluation.maxNewTokens');
  if (evaluated !== undefined) tokenizeInputs(evaluated, { model, template, maxLength }, data);
  const context = { engine: async () => await Promise.resolve(engine), env, reporter };
  return await withJudges(judges, context, async (made) => await Promise.resolve(judgeModels(made)), catalog);
}
