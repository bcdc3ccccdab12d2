import { ConfigError, type RunRecord, silentReporter, Stopwatch } from '@pharmacist/core';
import { labelOfAll, type RowSource } from '@pharmacist/data-io';
import { createAdapter } from '@pharmacist/language-model';
import { adapterOrigin } from '../models/adapter-origin.ts';
import { InputFiles } from '../inputs/input-files.ts';
import { openStage } from '../every-stage/open-stage.ts';
import { definedOnly, STAGE_DEFAULTS, type StageOptions } from '../every-stage/options.ts';
import { plainTexts, trainingRows } from '../inputs/training-rows.ts';
import { trainingWork } from '../models/check-memory.ts';
import { stepProgramOf } from '../models/step-program.ts';
import { resolveTemplate } from '../models/template.ts';
import { withWorkbench, type Workbench } from '../models/workbench.ts';
import { alignmentSettings, parseTraining, type TrainingSettingsInput } from '../train/settings.ts';
import { ADAPTER_FILES, prepareTraining } from '../train/train-adapter.ts';
import { parseDefense } from './parse-defense.ts';

export interface AlignOptions extends StageOptions {
  /** Rows to align on: harmful prompts with safe answers; a core subset, for instance. */
  readonly data: RowSource;
  readonly defense: string;
  readonly defenseOptions?: Readonly<Record<string, unknown>> | undefined;
  /** Harmful prompts with harmful answers, for the defenses that simulate an attack. */
  readonly harmful?: RowSource | undefined;
  readonly training?: TrainingSettingsInput | undefined;
}

export interface AlignResult {
  readonly out: string;
  readonly defense: string;
  readonly numRows: number;
  readonly numSteps: number;
  /** Of the last step; undefined if the run was finished before. */
  readonly lastLoss: number | undefined;
  readonly record: RunRecord;
  /** True if an earlier run had finished: nothing was computed. */
  readonly wasComplete: boolean;
}

/**
 * Aligns a model on rows with a defense and writes the run directory: a PEFT adapter, steps.jsonl, run.json. Continues a run that was
 * stopped; the result files end with the same bytes.
 * @param opened a model that is open already; otherwise `options.model` is opened for this run.
 * @throws {PharmacistError} for every mistake in options, rows, model or directory, before anything is written.
 */
export async function align(options: AlignOptions, opened?: Workbench): Promise<AlignResult> {
  const stopwatch = new Stopwatch();
  const { reporter = silentReporter, seed, out, signal } = options;
  const settings = { ...STAGE_DEFAULTS, ...definedOnly(options) };
  const { defense, config } = parseDefense(options.defense, options.defenseOptions ?? {}, options.catalog);
  const training = parseTraining(alignmentSettings, options.training, 'align');
  if (defense.needsHarmful && options.harmful === undefined) {
    throw new ConfigError(`the defense ${defense.name} needs harmful rows`, {
      where: '--harmful',
      hint: 'give a file of harmful prompts with harmful answers',
    });
  }
  if (!defense.needsHarmful && options.harmful !== undefined && options.isRowsChecked !== true) {
    reporter.warn(`the defense ${defense.name} reads no harmful rows: ${labelOfAll(options.harmful)} (--harmful) changes nothing`);
  }
  const files = new InputFiles([options.data, defense.needsHarmful ? options.harmful : undefined], { ...options, reporter });
  const data = await files.read('alignment', options.data);
  const harmful = defense.needsHarmful ? await files.read('harmful', options.harmful!) : undefined;
  stopwatch.lap('read');
  const asked = [trainingWork(training, settings.maxLength, { stepProgram: stepProgramOf(defense, config) })];
  return await withWorkbench({ ...options, asked }, opened, async (workbench) => {
    stopwatch.lap('load');
    const { model } = workbench;
    const { maxLength } = settings;
    model.checkLength(maxLength, '--max-length');
    const template = resolveTemplate(settings.template, model, reporter);
    const tokenised = { model, template, maxLength, reporter };
    const rows = trainingRows(plainTexts(data.rows), { ...tokenised, source: labelOfAll(options.data) });
    const harmfulRows = harmful && trainingRows(plainTexts(harmful.rows), { ...tokenised, source: labelOfAll(options.harmful!) });
    stopwatch.lap('tokenise');
    const { rank, alpha, dropout = 0, targets: targetModules } = training.lora;
    const origin = await adapterOrigin(model, template, options);
    const prepared = prepareTraining({
      phase: `Aligning with ${defense.name}`,
      model,
      adapter: createAdapter(model.config, { rank, alpha, dropout, targetModules, ...origin }, `${seed} align`),
      rows: rows.rows,
      harmful: harmfulRows?.rows ?? [],
      defense,
      defenseConfig: config,
      settings: training,
      maxLength,
      seed: `${seed} align`,
      reporter,
      signal,
    });
    const run = await openStage(options, {
      command: 'align',
      config: { defense: defense.name, options: config, ...training },
      settings: { ...settings, template },
      inputs: files.records,
      workbench,
      resultFiles: ADAPTER_FILES,
      stopwatch,
    });
    if (run.isComplete) return resultOf(run.record, { out, defense: defense.name, lastLoss: undefined, wasComplete: true });
    try {
      run.setInputCounts('alignment', { numTruncated: rows.numTruncated });
      if (harmfulRows !== undefined) run.setInputCounts('harmful', { numTruncated: harmfulRows.numTruncated });
      const records = await prepared.start(run);
      await run.complete({ numRows: rows.rows.length, numSteps: records.length });
      return resultOf(run.record, { out, defense: defense.name, lastLoss: records.at(-1)?.loss, wasComplete: false });
    } catch (error) {
      await run.fail(error);
      throw error;
    }
  });
}

function resultOf(record: RunRecord, result: Pick<AlignResult, 'out' | 'defense' | 'lastLoss' | 'wasComplete'>): AlignResult {
  const { numRows, numSteps } = record.summary as { numRows: number; numSteps: number };
  return { ...result, numRows, numSteps, record };
}
