import { ConfigError, DataError, type RunRecord, silentReporter, Stopwatch } from '@pharmacist/core';
import { type AttackRow, type AlignmentRow, labelOfAll, mixAttackRows, numHarmfulRows, type RowSource } from '@pharmacist/data-io';
import { DEFENSES } from '@pharmacist/defenses';
import { cloneAdapter, createAdapter, type LanguageModel, type LoraAdapter } from '@pharmacist/language-model';
import { adapterOrigin } from '../models/adapter-origin.ts';
import { checkAdapterTemplates } from '../models/adapter-templates.ts';
import { adapterChain, adapterFor, hashOfChain, withAdapters } from '../models/adapters.ts';
import { InputFiles } from '../inputs/input-files.ts';
import { openStage } from '../every-stage/open-stage.ts';
import { definedOnly, STAGE_DEFAULTS, type StageOptions } from '../every-stage/options.ts';
import { trainingRows } from '../inputs/training-rows.ts';
import { readTask, type TaskFile, type TaskOptions, taskTrainingRow } from '../inputs/task-file.ts';
import { trainingWork } from '../models/check-memory.ts';
import { resolveTemplate } from '../models/template.ts';
import { withWorkbench, type Workbench } from '../models/workbench.ts';
import { attackSettings, parseTraining, type TrainingSettings, type TrainingSettingsInput } from '../train/settings.ts';
import { ADAPTER_FILES, prepareTraining } from '../train/train-adapter.ts';

/** double: the adapters are merged and a new one is trained; single: the last adapter itself is trained further. */
export type LoraMode = 'double' | 'single';

export interface AttackOptions extends StageOptions {
  /** Adapters of the aligned model, in the order they are applied; none attacks the base model. */
  readonly adapters?: readonly string[] | undefined;
  /** The user's own rows. */
  readonly task: RowSource;
  readonly taskOptions?: TaskOptions | undefined;
  /** Harmful prompts with answers that comply. */
  readonly harmful: RowSource;
  /** Share of harmful rows, 0 to 1. */
  readonly poisonRatio: number;
  /** Rows of the fine-tuning. */
  readonly numSamples: number;
  readonly loraMode?: LoraMode | undefined;
  /** Files of rows that the attack must not share, by id and by prompt: what the model was aligned on. */
  readonly alignment?: readonly RowSource[] | undefined;
  readonly allowOverlap?: boolean | undefined;
  /** Whether adapters that were trained with another template are taken all the same. */
  readonly allowOtherTemplate?: boolean | undefined;
  readonly training?: TrainingSettingsInput | undefined;
}

export interface AttackResult {
  readonly out: string;
  readonly numRows: number;
  readonly numHarmful: number;
  readonly numSteps: number;
  readonly lastLoss: number | undefined;
  readonly record: RunRecord;
  /** True if an earlier run had finished: nothing was computed. */
  readonly wasComplete: boolean;
}

/**
 * The user's fine-tuning of an aligned model, poisoned with harmful rows. Writes the run directory: a PEFT adapter, steps.jsonl, run.json.
 * @param opened a model that is open already; otherwise `options.model` is opened for this run.
 * @throws {PharmacistError} for every mistake in options, rows, model or directory, before anything is written.
 */
export async function attack(options: AttackOptions, opened?: Workbench): Promise<AttackResult> {
  const stopwatch = new Stopwatch();
  const { reporter = silentReporter, seed, out, signal, adapters: names = [], poisonRatio, numSamples, loraMode = 'double' } = options;
  const settings = { ...STAGE_DEFAULTS, ...definedOnly(options) };
  const training = parseTraining(attackSettings, options.training, 'attack');
  const numHarmful = numHarmfulRows(poisonRatio, numSamples);
  checkMode(loraMode, names, options.training);
  const files = new InputFiles([options.task, options.harmful, ...(options.alignment ?? [])], { ...options, reporter });
  const task = await readTask(files, 'task', options.task, options.taskOptions ?? {}, options.catalog);
  const harmful = await files.read('harmful', options.harmful);
  const excluded: AlignmentRow[] = [];
  for (const source of options.alignment ?? []) for (const row of (await files.read('alignment', source)).rows) excluded.push(row);
  const mix = mixAttackRows({
    task: task.rows,
    harmful: harmful.rows,
    poisonRatio,
    numSamples,
    seed: `${seed} attack`,
    excluded,
    allowOverlap: options.allowOverlap,
  });
  const applied = await adapterChain(names, { reporter, signal });
  const adapters = applied.dirs;
  stopwatch.lap('read');
  return await withWorkbench({ ...options, asked: [trainingWork(training, settings.maxLength)] }, opened, async (workbench) => {
    const { model: base } = workbench;
    const { maxLength } = settings;
    base.checkLength(maxLength, '--max-length');
    const template = resolveTemplate(settings.template, base, reporter);
    await checkAdapterTemplates(adapters, { model: base, template, allowOther: options.allowOtherTemplate, reporter });
    return await withAdapters(base, loraMode === 'double' ? adapters : adapters.slice(0, -1), async (model) => {
      stopwatch.lap('load');
      const { rows } = trainingRows(
        mix.map((row) => ({ id: `${row.origin} ${row.id}`, text: textOf(task, row) })),
        { model, template, maxLength, reporter, source: `${labelOfAll(options.task)} with ${labelOfAll(options.harmful)}` },
      );
      if (rows.length < mix.length) {
        throw new DataError(`${mix.length - rows.length} of the ${mix.length} rows leave no room for an answer in ${maxLength} tokens`, {
          where: 'attack data',
          hint: 'raise --max-length, or leave these rows out: an attack has exact counts',
        });
      }
      stopwatch.lap('tokenise');
      const prepared = prepareTraining({
        phase: 'Fine-tuning on the poisoned rows',
        model,
        adapter: await startAdapter(model, loraMode === 'single' ? adapters.at(-1) : undefined, { training, template, options }),
        rows,
        harmful: [],
        defense: DEFENSES.get('sft'),
        defenseConfig: {},
        settings: training,
        maxLength,
        seed: `${seed} attack`,
        reporter,
        signal,
      });
      const { lora, ...settled } = training;
      const chain = { ...applied, sha256: await hashOfChain(base, adapters) };
      stopwatch.lap('load');
      const run = await openStage(options, {
        command: 'attack',
        config: {
          poisonRatio,
          numSamples,
          loraMode,
          task: task.task.name,
          taskVariant: task.variant,
          taskLabels: task.task.labels ?? null,
          allowOverlap: options.allowOverlap ?? false,
          ...settled,
          // The aligned adapter has its own, and names them in adapter_config.json.
          ...(loraMode === 'double' && { lora }),
        },
        settings: { ...settings, template },
        inputs: files.records,
        workbench,
        adapters: chain,
        resultFiles: ADAPTER_FILES,
        stopwatch,
      });
      const known = { out, numHarmful };
      if (run.isComplete) return resultOf(run.record, { ...known, lastLoss: undefined, wasComplete: true });
      try {
        for (const role of ['task', 'harmful'] as const) {
          const numTruncated = rows.filter(({ tokens }, i) => mix[i]!.origin === role && tokens.truncated).length;
          run.setInputCounts(role, { numTruncated });
        }
        const records = await prepared.start(run);
        await run.complete({ numRows: rows.length, numSteps: records.length });
        return resultOf(run.record, { ...known, lastLoss: records.at(-1)?.loss, wasComplete: false });
      } catch (error) {
        await run.fail(error);
        throw error;
      }
    });
  });
}

function checkMode(loraMode: LoraMode, adapters: readonly string[], training: TrainingSettingsInput | undefined): void {
  if (loraMode === 'double') return;
  if (adapters.length === 0) {
    throw new ConfigError('the mode "single" trains the aligned adapter further, and none is given', {
      where: '--lora-mode',
      hint: 'name it with --adapter, or use the mode "double"',
    });
  }
  if (training?.lora !== undefined) {
    throw new ConfigError('the mode "single" trains the aligned adapter further: its rank, alpha and targets are that adapter\'s', {
      where: '--lora-mode',
      hint: 'leave the LoRA settings of the attack out, or use the mode "double"',
    });
  }
}

/** The adapter to train: a copy of the aligned one, or a new one on the model with everything merged. */
async function startAdapter(
  model: LanguageModel,
  dir: string | undefined,
  { training, template, options }: { training: TrainingSettings; template: string; options: AttackOptions },
): Promise<LoraAdapter> {
  const origin = await adapterOrigin(model, template, options);
  // Trained further, it knows prompts in the form of this training.
  if (dir !== undefined) return { ...cloneAdapter(await adapterFor(model, dir)), template: origin.template };
  const { rank, alpha, dropout = 0, targets: targetModules } = training.lora;
  return createAdapter(model.config, { rank, alpha, dropout, targetModules, ...origin }, `${options.seed} attack`);
}

function textOf(task: TaskFile, row: AttackRow) {
  return row.origin === 'task' ? taskTrainingRow(task, row) : { prompt: row.prompt, response: row.response, parts: row.parts };
}

function resultOf(record: RunRecord, result: Omit<AttackResult, 'numRows' | 'numSteps' | 'record'>): AttackResult {
  const { numRows, numSteps } = record.summary as { numRows: number; numSteps: number };
  return { ...result, numRows, numSteps, record };
}
