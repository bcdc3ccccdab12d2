import { basename, join } from 'node:path';
import { pathExists, readJson, type Reporter, type RunDirectory, type RunRecord, runRecordSchema } from '@pharmacist/core';
import type { AlignmentRow } from '@pharmacist/data-io';
import { readRanking, writeExplanation } from '@pharmacist/results';
import type { Ranking } from '@pharmacist/selector';
import { openStage } from '../every-stage/open-stage.ts';
import type { Workbench } from '../models/workbench.ts';
import { explainSelection } from './explain.ts';
import type { SelectOptions } from './options.ts';
import { poolContext } from './pool-context.ts';
import { rankPool, type RankingWork } from './rank-pool.ts';
import { rankRows } from './rank-rows.ts';

const FOLDER = 'explanation';
const EXPLANATION = 'explanation.parquet';

/** Whether the run in a folder has its explanation in its ranking; undefined if there is no run. Opening the folder says what is wrong with it. */
export async function explainsItself(out: string): Promise<boolean | undefined> {
  const file = join(out, 'run.json');
  if (!(await pathExists(file))) return undefined;
  const record = runRecordSchema.safeParse(await readJson(file));
  return record.success ? record.data.config['explain'] === true : undefined;
}

/**
 * Explains the ranking of a finished selection that was made without, in a run of its own inside the folder: what is finished does not change. A method that gives
 * reasons of its own is fitted again for them.
 * @returns `explanation/explanation.parquet`: the columns that `explain` would have added to the ranking, in its order.
 */
export async function explainFinished(
  options: SelectOptions,
  { out, files, keep, record }: { out: string; files: { ranking: string }; keep: number; record: RunRecord },
  { work, workbench }: { work: Omit<RankingWork, 'keep' | 'explain'>; workbench: Workbench },
): Promise<string> {
  const { path: source, sha256, bytes } = record.results.find(({ path }) => path === basename(files.ranking))!;
  const run = await openStage(
    { ...options, isRowsChecked: true, out: join(out, FOLDER) },
    {
      command: 'explain',
      config: { keep, batchSize: work.settings.batchSize },
      settings: { ...work.settings, skipInvalid: options.skipInvalid ?? false },
      inputs: [...work.inputs.records, { role: 'ranking', source, sha256, bytes }],
      workbench,
      resultFiles: [EXPLANATION],
    },
  );
  const file = run.file(EXPLANATION);
  if (run.isComplete) return file;
  try {
    const { context, rows } = await poolContext(run, work, { readsTokens: true });
    const ranking = await rankingOf(files.ranking, rows);
    const explain = work.selector.explains ? await reasonsAgain(run, ranking, { work, keep }) : undefined;
    const explained = await run.phase(
      'explain',
      async () => await explainSelection(run, context, { ...ranking, ...(explain && { explain }) }, { rows, keep }),
    );
    const { ranked, order } = await rankRows(rows, ranking, { keep, signal: work.signal });
    const added = Object.fromEntries(Object.entries(explained.columns).filter(([name]) => !(name in ranking.columns)));
    await run.phase('write', async () => {
      await writeExplanation(file, ranked, order, { ...explained, columns: added });
    });
    await run.complete();
    return file;
  } catch (error) {
    await run.fail(error);
    throw error;
  }
}

/** The method's reasons, which no file has: it is fitted once more. Nothing, with a warning, if it ranks otherwise than before: they would be of another ranking. */
async function reasonsAgain(
  run: RunDirectory,
  ranking: Ranking,
  { work, keep }: { work: Omit<RankingWork, 'keep' | 'explain'>; keep: number },
): Promise<Ranking['explain']> {
  const { reporter } = work;
  // It warned when the ranking was made.
  const quiet: Reporter = {
    progress: (event) => reporter.progress(event),
    info: (message) => reporter.info(message),
    warn: () => undefined,
  };
  const again = (await rankPool(run, { ...work, reporter: quiet, keep, explain: false }))?.ranking;
  if (again?.scores.every((score, i) => score === ranking.scores[i])) return again.explain;
  reporter.warn(
    'the method ranks otherwise here than when the ranking was made (another version or engine): its reasons are left out; select again with --explain for them',
  );
  return undefined;
}

/** `ranking.parquet` as the ranking it was written from, in the order of the rows. */
async function rankingOf(file: string, rows: readonly AlignmentRow[]): Promise<Ranking> {
  const { ids, scores, columns } = await readRanking(file);
  const places = new Map(ids.map((id, place) => [id, place]));
  const inPoolOrder = (values: Float64Array) => Float64Array.from(rows, ({ id }) => values[places.get(id)!]!);
  const own = [...columns].map(([name, values]) => [name, inPoolOrder(values)] as const);
  return { scores: inPoolOrder(scores), columns: Object.fromEntries(own) };
}
