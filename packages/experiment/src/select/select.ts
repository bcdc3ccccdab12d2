import { Random, type RunDirectory, type RunRecord, silentReporter } from '@pharmacist/core';
import { type LanguageModel, promptTemplate, tokenizeRow } from '@pharmacist/language-model';
import type { PlantedReport } from '@pharmacist/metrics';
import { numKept, type PoolRow, type Ranking, type SelectionContext, type Selector, type TextRow } from '@pharmacist/selector';
import type { EngineChoice } from '@pharmacist/tensor-kernels';
import { openStage } from '../stage/open-stage.ts';
import { definedOnly } from '../stage/options.ts';
import { tokenizeRows } from '../stage/tokenize.ts';
import { openSecondModel, withWorkbench, type Workbench } from '../stage/workbench.ts';
import { choiceConfig, chooseCore, type CoreChoice, coreChoice } from './choose-core.ts';
import { filterPool, type ParsedFilter, parseFilters } from './filter-pool.ts';
import { explainSelection } from './explain.ts';
import { SELECT_DEFAULTS, type SelectOptions } from './options.ts';
import { parseMethod } from './parse-method.ts';
import { plantedReportOf } from './planted.ts';
import { readInputs, type SelectInputs } from './read-inputs.ts';
import { checkRowIds, type RowExplanation, whyRows } from './why.ts';
import { type ExplainedRanking, rankRows, writeCore, writeRanking } from './write-ranking.ts';

const RANKING = 'ranking.parquet';
const CORE = 'core.jsonl';

export interface SelectResult {
  readonly out: string;
  readonly files: { readonly ranking: string; readonly core: string; readonly record: string };
  readonly method: string;
  readonly numRows: number;
  readonly numKept: number;
  /** Share of the pool that was kept: the one asked for, or the one found. */
  readonly keep: number;
  readonly engine: { readonly name: string; readonly description: string; readonly reason: string };
  /** Where planted kinds went, if the rows carry a `kind`. */
  readonly planted: PlantedReport | undefined;
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
  const { reporter = silentReporter, method, seed, signal } = options;
  const settings = { ...SELECT_DEFAULTS, ...definedOnly(options) };
  const { selector, config } = parseMethod(method, options.methodOptions ?? {});
  const filters = parseFilters(options.filters ?? []);
  const choice = coreChoice(options);
  const inputs = await readInputs(options, reporter);
  const { why = [], showText = false } = options;
  checkRowIds(why, inputs.alignment.rows, options.alignment);
  const explain = options.explain === true || why.length > 0;
  return await withWorkbench(options, opened, async (workbench) => {
    const { model, choice: engine } = workbench;
    model.checkLength(settings.maxLength, '--max-length');
    const run = await openStage(options, {
      command: 'select',
      config: {
        method,
        options: config,
        ...(filters.length > 0 && { filters: filters.map(({ filter, config: own }) => ({ name: filter.name, options: own })) }),
        keep: choice.keep,
        batchSize: settings.batchSize,
        ...choiceConfig(choice),
        ...(explain && { explain }),
      },
      settings,
      inputs: inputs.records,
      workbench,
      resultFiles: [RANKING, CORE],
    });
    try {
      const ranked = await rank(run, {
        selector,
        config,
        filters,
        choice,
        explain,
        inputs,
        model,
        settings,
        assetsDir: options.assetsDir,
        seed,
        reporter,
        signal,
      });
      const result = await finish(run, ranked, { inputs, choice, method, engine });
      return { ...result, why: await whyRows(result.files.ranking, why, { rows: inputs.alignment.rows, showText }) };
    } catch (error) {
      await run.fail(error);
      throw error;
    }
  });
}

interface RankingWork {
  selector: Selector;
  config: Record<string, unknown>;
  filters: readonly ParsedFilter[];
  choice: CoreChoice;
  explain: boolean;
  inputs: SelectInputs;
  model: LanguageModel;
  settings: { template: string; maxLength: number; batchSize: number };
  assetsDir: string;
  seed: number;
  reporter: NonNullable<SelectOptions['reporter']>;
  signal: AbortSignal | undefined;
}

/** What became of a pool: its ranking, and the share of it to keep. */
interface RankedPool {
  ranking: Ranking | ExplainedRanking;
  keep: number;
}

/** Filters the pool and fits the method; a finished run's ranking is not needed again. */
async function rank(
  run: RunDirectory,
  { selector, config, filters, choice, explain, inputs, model, settings, assetsDir, seed, reporter, signal }: RankingWork,
): Promise<RankedPool | undefined> {
  if (run.isComplete) return undefined;
  const tokens = await run.phase('tokenise', () => {
    const tokenised = (role: 'alignment' | 'harmful' | 'validation') => {
      const set = inputs[role];
      if (set === undefined) return [];
      const { tokens: rows, numTruncated } = tokenizeRows(set.rows, model, { ...settings, source: set.report.source }, reporter);
      run.setInputCounts(role, { numTruncated });
      return rows;
    };
    return { alignment: tokenised('alignment'), harmful: tokenised('harmful'), validation: tokenised('validation') };
  });
  const pool = inputs.alignment.rows.map(({ id, prompt, response, fields }, index): PoolRow => {
    const { kind } = fields;
    return { id, text: { prompt, response }, tokens: tokens.alignment[index]!, ...(typeof kind === 'string' && { kind }) };
  });
  const filtered = await run.phase('rank', async () => await filterPool(pool, filters, { reporter, signal }));
  if (filters.length > 0) run.note('leftOutByFilter', filtered.numLeftOut);
  const numForced = choice.keep === 'auto' ? 0 : numKept(pool.length, choice.keep) - filtered.pool.length;
  if (numForced > 0) {
    reporter.warn(
      `the filters leave ${filtered.pool.length} of ${pool.length} rows, fewer than --keep ${choice.keep} asks for: ` +
        `${numForced} rows that were filtered out are in the core subset`,
    );
  }
  const textRows = (role: 'harmful' | 'validation') =>
    (inputs[role]?.rows ?? []).map(({ prompt, response }, index): TextRow => ({
      text: { prompt, response },
      tokens: tokens[role][index]!,
    }));
  const { maxLength } = settings;
  const context: SelectionContext = {
    model,
    pool: filtered.pool,
    harmful: textRows('harmful'),
    trusted: textRows('validation'),
    batchSize: settings.batchSize,
    maxLength,
    random: new Random(seed).split('select', selector.name),
    state: {
      load: async (name) => await run.loadState(name),
      save: async (name, state) => await run.saveState(name, state),
    },
    tokenize: (text, how = {}) => {
      const { tokenizer } = how.model ?? model;
      return tokenizeRow(text, tokenizer, how.template ?? promptTemplate(settings.template, tokenizer), maxLength);
    },
    openModel: async (name) => await openSecondModel(name, { model, assetsDir }),
    count: (kind, batches, rows) => {
      run.count(kind, batches);
      run.count(`${kind}Rows`, rows);
    },
    note: (key, value) => run.note(key, value),
    reporter,
    signal,
  };
  const whole = { ...context, pool };
  const { ranking, keep } = await run.phase(
    'rank',
    async () => await chooseCore(whole, filtered.restore(await selector.fit(context, config)), choice, filtered.pool.length),
  );
  if (!explain) return { ranking, keep };
  const { rows } = inputs.alignment;
  return { ranking: await run.phase('explain', async () => await explainSelection(run, whole, ranking, { rows, keep })), keep };
}

async function finish(
  run: RunDirectory,
  pool: RankedPool | undefined,
  { inputs, choice, method, engine }: { inputs: SelectInputs; choice: CoreChoice; method: string; engine: EngineChoice },
): Promise<Omit<SelectResult, 'why'>> {
  const { rows } = inputs.alignment;
  let planted = run.record.summary['planted'] as PlantedReport | undefined;
  const keep = pool?.keep ?? (choice.keep === 'auto' ? (run.record.summary['keep'] as number) : choice.keep);
  if (pool !== undefined) {
    const { ranking } = pool;
    const { ranked, order } = rankRows(rows, ranking, keep);
    planted = plantedReportOf(ranked);
    await run.phase('write', async () => {
      await writeRanking(run.file(RANKING), ranked, order, ranking);
      await writeCore(run.file(CORE), ranked);
    });
    await run.complete({
      numRows: rows.length,
      numKept: numKept(rows.length, keep),
      ...(choice.keep === 'auto' && { keep }),
      ...(planted && { planted }),
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
    record: run.record,
    wasComplete: pool === undefined,
  };
}
