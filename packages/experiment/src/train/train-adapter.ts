import { NumericError, Random, type Reporter, type RunDirectory } from '@pharmacist/core';
import { writeJsonl } from '@pharmacist/data-io';
import type { Defense, DefenseRow } from '@pharmacist/defenses';
import { fineTune, type LanguageModel, type LoraAdapter, type StepRecord, writeAdapter } from '@pharmacist/language-model';
import { Ledger } from './ledger.ts';
import type { TrainingSettings } from './settings.ts';

/** Result files of a run that trains an adapter. */
export const ADAPTER_FILES = ['adapter_config.json', 'adapter_model.safetensors', 'steps.jsonl'] as const;
const STEPS_FILE = ADAPTER_FILES[2];

/** Steps between two checkpoints: some seconds of work at the sizes that 2 cores train. */
const CHECKPOINT_STEPS = 25;

export interface AdapterTraining {
  /** For the progress bar. */
  readonly phase: string;
  readonly model: LanguageModel;
  /** Trained in place. */
  readonly adapter: LoraAdapter;
  readonly rows: readonly DefenseRow[];
  readonly harmful: readonly DefenseRow[];
  readonly defense: Defense;
  readonly defenseConfig: Readonly<Record<string, unknown>>;
  readonly settings: TrainingSettings;
  readonly maxLength: number;
  readonly seed: string;
  readonly reporter: Reporter;
  readonly signal: AbortSignal | undefined;
}

/** A training that is ready: its method has accepted options and rows. */
export interface PreparedTraining {
  /**
   * Trains the adapter and writes it with its step records into the run directory; continues from the directory's checkpoint.
   * @throws {NumericError} naming step and row ids if the loss is not finite. @throws {InterruptedError} with a checkpoint written.
   */
  start(run: RunDirectory): Promise<StepRecord[]>;
}

/** @throws {ConfigError} if the method's options do not fit the model or the rows. */
export function prepareTraining(training: AdapterTraining): PreparedTraining {
  const { phase, model, adapter, rows, harmful, settings, maxLength, seed, reporter, signal } = training;
  const { batchSize, length, learningRate, schedule, warmupRatio, weightDecay, maxGradientNorm } = settings;
  const ledger = new Ledger();
  const method = training.defense.start(
    {
      model,
      adapter,
      rows,
      harmful,
      batchSize,
      maxLength,
      random: new Random(seed).split('method'),
      count: ledger.count,
      note: ledger.note,
      reporter,
      signal,
    },
    training.defenseConfig,
  );
  const start = async (run: RunDirectory) => {
    ledger.open(run);
    const records = await run.phase('train', async () => {
      const trained = fineTune({
        model,
        adapter,
        rows: rows.map(({ tokens }) => tokens),
        ids: rows.map(({ id }) => id),
        method,
        batchSize,
        length,
        maxLength,
        learningRate,
        schedule,
        warmupRatio,
        optimizer: { weightDecay },
        maxGradientNorm,
        seed,
        checkpoint: {
          everySteps: CHECKPOINT_STEPS,
          load: async () => await run.loadState('train'),
          save: async (state) => await run.saveState('train', state),
        },
        phase,
        reporter,
        ...(signal && { signal }),
      });
      return await trained.catch((error: unknown) => {
        throw withCheckpoint(error, run);
      });
    });
    await run.phase('write', async () => {
      await writeAdapter(run.path, adapter);
      await writeJsonl(
        run.file(STEPS_FILE),
        records.map(({ facts, ...record }) => ({ fields: { ...record, ...facts } })),
      );
    });
    return records;
  };
  return { start };
}

/** A divergence that also says where the last good state lies. */
function withCheckpoint(error: unknown, { stateDir }: RunDirectory): unknown {
  if (!(error instanceof NumericError) || error.details['savedSteps'] === 0 || error.details['savedSteps'] === undefined) return error;
  const { message, where, hint, details } = error;
  const kept = `the checkpoint after ${String(details['savedSteps'])} steps is in ${stateDir}`;
  return new NumericError(message, { where, hint: `${hint}; ${kept}`, details, cause: error });
}
