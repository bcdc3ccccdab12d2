import { NumericError, type Reporter, silentReporter, type State, type StateArray, throwIfAborted } from '@pharmacist/core';
import { type AdamWOptions, type AdamWState, learningRateAt, type ParameterMap, type ScheduleName } from '@pharmacist/tensor-kernels';
import { HostUpdater, type StepGradients, type Updater, type UpdaterOptions } from './updater.ts';

/** What one step of any method supplies: a gradient. Everything else of training is the loop's. */
export interface StepGradient extends StepGradients {
  readonly loss: number;
  /** Ids or indices of the rows, for the message if the loss is not a number. */
  readonly rows?: readonly (string | number)[];
  /** Other figures of the step, for the records: the terms of a loss, the norm of a perturbation. */
  readonly facts?: Readonly<Record<string, number>>;
}

export interface StepRecord {
  /** 0-based. */
  readonly step: number;
  readonly loss: number;
  readonly gradientNorm: number;
  readonly learningRate: number;
  readonly facts?: Readonly<Record<string, number>>;
}

/** What a method knows beside the trained parameters (the layers it drew, say): kept in every checkpoint. */
export interface MethodState {
  /** A JSON value. */
  save(): unknown;
  restore(value: unknown): void;
}

/** Keeps the state of a training run: in a run directory, or in a file of its own (fileCheckpoint). */
export interface TrainCheckpoint {
  load(): Promise<State | undefined>;
  save(state: State): Promise<void>;
  readonly everySteps: number;
  /** What the run is: state of another fingerprint is not continued. */
  readonly fingerprint: string;
}

export interface TrainOptions {
  /** Trained in place. */
  readonly parameters: ParameterMap;
  readonly numSteps: number;
  readonly learningRate: number;
  readonly schedule?: ScheduleName;
  readonly warmupRatio?: number;
  readonly optimizer?: AdamWOptions;
  /** Bound on the global norm of the final gradient; 1 by default, as the Hugging Face Trainer clips. */
  readonly maxGradientNorm?: number;
  /** The gradient of a 0-based step at the current parameters; it must depend on nothing but the step, the parameters and `methodState`. */
  gradient(step: number): Promise<StepGradient>;
  readonly methodState?: MethodState | undefined;
  /** Where state is kept and how often; left out, a killed run starts again. */
  readonly checkpoint?: TrainCheckpoint;
  /** Called after each update; the optimiser's state is the loop's own: copy what is kept. */
  onStep?(record: StepRecord, optimizer: AdamWState): void | Promise<void>;
  /** Where parameters live and are updated; this thread if left out. */
  updater?(options: UpdaterOptions): Promise<Updater>;
  readonly phase?: string;
  readonly reporter?: Reporter;
  readonly signal?: AbortSignal;
}

/**
 * The one training loop: gradient, clip, AdamW, schedule, in the order and with the semantics of the Hugging Face Trainer. With a
 * checkpoint it continues where it was killed and reaches the same parameters bit for bit.
 * @returns all step records, those of earlier attempts included.
 * @throws {NumericError} naming step and rows if the loss or the gradient is not finite; the checkpoint before it stays, and
 * `details.savedSteps` says how many steps it holds.
 * @throws {InterruptedError} after the step in progress, with a checkpoint written.
 */
export async function train(options: TrainOptions): Promise<StepRecord[]> {
  const { parameters, numSteps, learningRate, schedule = 'constant', warmupRatio = 0, maxGradientNorm = 1, checkpoint } = options;
  const { phase = 'Training', reporter = silentReporter, signal } = options;
  const updaterOptions = { parameters, optimizer: options.optimizer, maxGradientNorm };
  const updater = (await options.updater?.(updaterOptions)) ?? new HostUpdater(updaterOptions);
  try {
    const records = checkpoint === undefined ? [] : await restore(checkpoint, parameters, updater, options.methodState);
    const save = async () => {
      if (checkpoint === undefined) return;
      const state = await updater.pull();
      await checkpoint.save(snapshot(checkpoint.fingerprint, records, parameters, state, options.methodState));
    };
    let savedSteps = records.length;
    for (let step = records.length; step < numSteps; step++) {
      if (signal?.aborted === true) {
        await save();
        throwIfAborted(signal);
      }
      const { loss, rows = [], facts, ...gradients } = await options.gradient(step);
      const rate = learningRateAt(step, { name: schedule, learningRate, numSteps, warmupRatio });
      const at = { where: `${phase}, step ${step}`, rows, savedSteps };
      const gradientNorm = await checkedUpdate(loss, at, async () => await updater.update(gradients, rate));
      const record: StepRecord = { step, loss, gradientNorm, learningRate: rate, ...(facts && { facts }) };
      records.push(record);
      if (options.onStep !== undefined) await options.onStep(record, await updater.pull());
      reporter.progress({ phase, done: step + 1, total: numSteps, unit: 'steps', facts: { loss: loss.toFixed(3) } });
      if (checkpoint !== undefined && ((step + 1) % checkpoint.everySteps === 0 || step + 1 === numSteps)) {
        await save();
        savedSteps = step + 1;
      }
    }
    return records;
  } finally {
    await updater.dispose();
  }
}

/** Updates if the loss is a number; what is not finite is named with its rows. */
async function checkedUpdate(
  loss: number,
  { where, ...details }: { where: string; rows: readonly (string | number)[]; savedSteps: number },
  update: () => Promise<number>,
): Promise<number> {
  const hint = 'lower the learning rate, or look at the rows of this step';
  const rows = details.rows.join(', ');
  if (!Number.isFinite(loss)) throw new NumericError(`the loss is ${loss} (rows ${rows})`, { where, hint, details });
  try {
    return await update();
  } catch (cause) {
    if (cause instanceof NumericError) throw new NumericError(`${cause.message} (rows ${rows})`, { where, hint, details, cause });
    throw cause;
  }
}

const KINDS = { parameter: 'p:', first: 'm:', second: 'v:' } as const;

function snapshot(
  fingerprint: string,
  records: readonly StepRecord[],
  parameters: ParameterMap,
  state: AdamWState,
  methodState: MethodState | undefined,
): State {
  const arrays: Record<string, StateArray> = {};
  for (const [name, array] of parameters) arrays[KINDS.parameter + name] = array;
  for (const [name, array] of state.firstMoments) arrays[KINDS.first + name] = array;
  for (const [name, array] of state.secondMoments) arrays[KINDS.second + name] = array;
  const numUpdates = Object.fromEntries(state.numUpdates);
  return { meta: { fingerprint, records, numUpdates, ...(methodState && { method: methodState.save() }) }, arrays };
}

async function restore(
  checkpoint: TrainCheckpoint,
  parameters: ParameterMap,
  updater: Updater,
  methodState: MethodState | undefined,
): Promise<StepRecord[]> {
  const saved = await checkpoint.load();
  if (saved === undefined || saved.meta['fingerprint'] !== checkpoint.fingerprint) return [];
  const state: AdamWState = { firstMoments: new Map(), secondMoments: new Map(), numUpdates: new Map() };
  for (const [key, array] of Object.entries(saved.arrays)) {
    const name = key.slice(2);
    const values = array as Float32Array;
    if (key.startsWith(KINDS.parameter)) parameters.get(name)?.set(values);
    else if (key.startsWith(KINDS.first)) state.firstMoments.set(name, values);
    else state.secondMoments.set(name, values);
  }
  for (const [name, count] of Object.entries(saved.meta['numUpdates'] as Record<string, number>)) state.numUpdates.set(name, count);
  await updater.push(state);
  methodState?.restore(saved.meta['method']);
  return saved.meta['records'] as StepRecord[];
}
