import { Random, type RunDirectory, type RunRecord, silentReporter, Stopwatch } from '@pharmacist/core';
import { type PlantedReport, plantedReportOf } from '@pharmacist/planted';
import { GOOD_PROBABILITY, type ProbabilityReport, probabilityReport, writeRanking } from '@pharmacist/results';
import { numKept, type Ranking } from '@pharmacist/selector';
import type { EngineChoice } from '@pharmacist/tensor-kernels';
import { openFurtherModels } from '../models/further-models.ts';
import { methodWork } from '../models/method-work.ts';
import { openStage } from '../every-stage/open-stage.ts';
import { definedOnly } from '../every-stage/options.ts';
import { resolveTemplate } from '../models/template.ts';
import { withWorkbench, type Workbench } from '../models/workbench.ts';
import { explainFinished, explainsItself } from './explain-finished.ts';
import { parseFilters } from './filter-pool.ts';
import { givenShards } from './shards/given-shards.ts';
import { rankRows } from './rank-rows.ts';
import { writeCore } from './write-core.ts';
import { askedKeep, type KeepShare } from './keep-share.ts';
import { SELECT_DEFAULTS, type SelectOptions } from './options.ts';
import { checkNeeds, haveKinds, parseMethod } from './parse-method.ts';
import { type RankedPool, rankPool } from './rank-pool.ts';
import { checkPoolFits } from './pool-memory.ts';
import { readInputs, type SelectInputs } from './read-inputs.ts';
import { checkRowIds, type RowExplanation, whyRows } from './why.ts';

const RANKING = 'ranking.parquet';
const CORE = 'core.jsonl';

export interface SelectResult {
  readonly out: string;
  readonly files: {
    readonly ranking: string;
    readonly core: string;
    readonly record: string;
    /** What explains the ranking, if that was asked for when the run had begun without it. */
    readonly explanation?: string;
  };
  readonly method: string;
  readonly numRows: number;
  readonly numKept: number;
  /** Share of the pool that was kept: the one asked for, or the one found. */
  readonly keep: number;
  readonly engine: { readonly name: string; readonly description: string; readonly reason: string };
  /** Where planted kinds went, if the rows carry a `kind`. */
  readonly planted: PlantedReport | undefined;
  /** How its probabilities fit the kinds, if the method gives some and the rows carry a `kind`. */
  readonly probabilities: ProbabilityReport | undefined;
  /** Of the rows that were asked for. */
  readonly why: readonly RowExplanation[];
  readonly record: RunRecord;
  /** True if an earlier run had finished: nothing was computed. */
  readonly wasComplete: boolean;
}

/**
 * Ranks a pool of alignment rows and writes the run directory: ranking.parquet, core.jsonl, run.json.
 * Continues a run that was stopped; the result files end with the same bytes.
 * @param opened a model that is open already; otherwise `options.model` is opened for this run.
 * @throws {PharmacistError} for every mistake in options, rows, model or directory, before anything is written.
 */
export async function select(options: SelectOptions, opened?: Workbench): Promise<SelectResult> {
  const divided = options.executor && givenShards(options, options.executor);
  const stopwatch = new Stopwatch();
  const { reporter = silentReporter, method, seed, signal } = options;
  const asked = { ...SELECT_DEFAULTS, ...definedOnly(options) };
  const given = { harmful: options.harmful !== undefined, trusted: options.validation !== undefined };
  const { selector, config } = parseMethod(method, options.methodOptions ?? {}, given, options.catalog);
  const filters = parseFilters(options.filters ?? [], options.catalog);
  const keep = askedKeep(selector.name, options.keep, reporter);
  const inputs = await readInputs(options, { uses: selector.uses(config), reporter });
  options.onPool?.(inputs.alignment.rows);
  checkNeeds({ selector, config }, { kinds: haveKinds(inputs.kinds) });
  const { why = [], showText = false } = options;
  checkRowIds(why, inputs.alignment.rows, inputs.alignment.report.source);
  const isAsked = options.explain === true || why.length > 0;
  // A folder's run stays as it began: one that explains goes on doing so, and the ranking of one that does not is explained beside it.
  const explain = (await explainsItself(options.out)) ?? isAsked;
  stopwatch.lap('read');
  // A batch has room for so many rows, whether they are there or not: what there are no rows for would cost memory and time all the same.
  const batchSize = Math.min(asked.batchSize, numRowsOf(inputs));
  const ofModel = methodWork({ selector, config }, { ...asked, batchSize, explains: explain || isAsked });
  return await withWorkbench({ ...options, asked: ofModel }, opened, async (workbench) => {
    const { model, choice: engine } = workbench;
    const settings = { ...asked, batchSize, template: resolveTemplate(asked.template, model, reporter) };
    const { maxLength } = settings;
    model.checkLength(maxLength, '--max-length');
    const sizes = {
      hiddenSize: model.config.hiddenSize,
      numTrusted: inputs.validation?.rows.length ?? 0,
      numHarmful: inputs.harmful?.rows.length ?? 0,
    };
    checkPoolFits({ selector, config, filters, explain: explain || isAsked }, inputs.alignment.rows.length, sizes, {
      allowsLittle: options.allowLittleMemory,
    });
    const known = { opened: { model, openedBy: options.model }, maxLength };
    const further = await openFurtherModels(selector.models?.(config) ?? [], known);
    stopwatch.lap('load');
    try {
      const run = await openStage(options, {
        command: 'select',
        config: {
          method,
          options: config,
          ...(filters.length > 0 && { filters: filters.map(({ filter, config: own }) => ({ name: filter.name, options: own })) }),
          keep,
          batchSize: asked.batchSize,
          ...(explain && { explain }),
        },
        settings,
        inputs: [...inputs.records, ...further.records],
        workbench,
        resultFiles: [RANKING, CORE],
        stopwatch,
      });
      try {
        const elsewhere = run.isComplete ? undefined : await divided?.begin(run, { workbench, further });
        const random = new Random(seed).split('select', selector.name);
        const work = { inputs, model, openModel: further.open, settings, random, reporter, signal, ...(elsewhere && { elsewhere }) };
        const ranked = await rankPool(run, { ...work, selector, config, filters, keep, explain });
        const result = await finish(run, ranked && toWrite(ranked), { inputs, asked: keep, method, engine, signal });
        await divided?.end();
        const { ranking } = result.files;
        const explanation =
          isAsked && !explain
            ? await explainFinished(options, result, { work: { ...work, selector, config, filters }, workbench })
            : undefined;
        return {
          ...result,
          files: { ...result.files, ...(explanation !== undefined && { explanation }) },
          why: await whyRows({ ranking, explanation }, why, {
            rows: inputs.alignment.rows,
            trusted: inputs.validation?.rows ?? [],
            showText,
          }),
        };
      } catch (error) {
        await run.fail(error);
        throw error;
      }
    } finally {
      await further.dispose();
    }
  });
}

/** Rows of all files. */
function numRowsOf({ alignment, harmful, validation }: SelectInputs): number {
  return [alignment, harmful, validation].reduce((sum, set) => sum + (set?.rows.length ?? 0), 0);
}

/** Without what scores and explains further rows: that holds what was read of all rows, hundreds of megabytes of ten million. */
function toWrite({ ranking: { score: _score, explain: _explain, ...ranking }, ...pool }: RankedPool): RankedPool {
  return { ...pool, ranking };
}

async function finish(
  run: RunDirectory,
  pool: RankedPool | undefined,
  {
    inputs,
    asked,
    method,
    engine,
    signal,
  }: { inputs: SelectInputs; asked: KeepShare; method: string; engine: EngineChoice; signal: AbortSignal | undefined },
): Promise<Omit<SelectResult, 'why'>> {
  const { rows } = inputs.alignment;
  let { planted, probabilities } = run.record.summary as Partial<Pick<SelectResult, 'planted' | 'probabilities'>>;
  const keep = pool?.keep ?? (asked === 'auto' ? (run.record.summary['keep'] as number) : asked);
  if (pool !== undefined) {
    const { ranking } = pool;
    const { ranked, order } = await rankRows(pool.rows, ranking, { keep, signal });
    planted = plantedReportOf(ranked, order, pool.kinds);
    probabilities = planted && probabilityReport(inOrderOfFile(ranking, pool), inputs.kinds);
    await run.phase('write', async () => {
      await writeRanking(run.file(RANKING), ranked, order, ranking, signal);
      await writeCore(run.file(CORE), inputs.alignment, { numbers: pool.numbers, order, keep }, signal);
    });
    await run.complete({
      numRows: rows.length,
      numKept: numKept(rows.length, keep),
      ...(asked === 'auto' && { keep }),
      ...(planted && { planted }),
      ...(probabilities && { probabilities }),
    });
  }
  const { name, description } = engine.engine;
  return {
    out: run.path,
    files: { ranking: run.file(RANKING), core: run.file(CORE), record: run.file('run.json') },
    method,
    numRows: rows.length,
    numKept: numKept(rows.length, keep),
    keep,
    engine: { name, description, reason: engine.reason },
    planted,
    probabilities,
    record: run.record,
    wasComplete: pool === undefined,
  };
}

/** The probabilities as the rows stand in their file: a sum's last bits depend on the order. */
function inOrderOfFile({ columns }: Pick<Ranking, 'columns'>, { numbers }: Pick<RankedPool, 'numbers'>): Pick<Ranking, 'columns'> {
  const probabilities = columns[GOOD_PROBABILITY];
  if (probabilities === undefined) return { columns: {} };
  const placed = new Float64Array(probabilities.length);
  probabilities.forEach((probability, place) => (placed[numbers[place]!] = probability));
  return { columns: { [GOOD_PROBABILITY]: placed } };
}
