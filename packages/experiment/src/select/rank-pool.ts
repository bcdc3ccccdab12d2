import { Random, type RunDirectory } from '@pharmacist/core';
import { type LanguageModel, promptTemplate, tokenizeRow } from '@pharmacist/language-model';
import { numKept, type PoolRow, type Ranking, type SelectionContext, type Selector, type TextRow } from '@pharmacist/selector';
import { tokenizeRows } from '../stage/tokenize.ts';
import { openSecondModel } from '../stage/workbench.ts';
import { explainSelection } from './explain.ts';
import { filterPool, type ParsedFilter } from './filter-pool.ts';
import { type KeepShare, keepShare } from './keep-share.ts';
import type { SelectOptions } from './options.ts';
import type { SelectInputs } from './read-inputs.ts';
import type { ExplainedRanking } from './write-ranking.ts';

export interface RankingWork {
  selector: Selector;
  config: Record<string, unknown>;
  filters: readonly ParsedFilter[];
  /** The share asked for. */
  keep: KeepShare;
  explain: boolean;
  inputs: SelectInputs;
  model: LanguageModel;
  /** Bundled name or directory of that model. */
  openedBy: string;
  settings: { template: string; maxLength: number; batchSize: number };
  assetsDir: string;
  seed: number;
  reporter: NonNullable<SelectOptions['reporter']>;
  signal: AbortSignal | undefined;
}

/** What became of a pool: its ranking, and the share of it to keep. */
export interface RankedPool {
  ranking: Ranking | ExplainedRanking;
  keep: number;
}

/** Filters the pool and fits the method; a finished run's ranking is not needed again. */
export async function rankPool(
  run: RunDirectory,
  { selector, config, filters, keep: asked, explain, inputs, model, openedBy, settings, assetsDir, seed, reporter, signal }: RankingWork,
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
  const numForced = asked === 'auto' ? 0 : numKept(pool.length, asked) - filtered.pool.length;
  if (numForced > 0) {
    reporter.warn(
      `the filters leave ${filtered.pool.length} of ${pool.length} rows, fewer than --keep ${asked} asks for: ` +
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
    openModel: async (name) => await openSecondModel(name, { opened: { model, openedBy }, assetsDir }),
    count: (kind, batches, rows) => {
      run.count(kind, batches);
      run.count(`${kind}Rows`, rows);
    },
    note: (key, value) => run.note(key, value),
    reporter,
    signal,
  };
  const whole = { ...context, pool };
  const ranking = await run.phase('rank', async () => filtered.restore(await selector.fit(context, config)));
  const keep = keepShare(whole, ranking, asked, filtered.pool.length);
  if (!explain) return { ranking, keep };
  const { rows } = inputs.alignment;
  return { ranking: await run.phase('explain', async () => await explainSelection(run, whole, ranking, { rows, keep })), keep };
}
