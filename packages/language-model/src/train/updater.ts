import { NumericError } from '@pharmacist/core';
import {
  ADAMW_DEFAULTS,
  AdamW,
  type AdamWOptions,
  type AdamWState,
  adamWProgram,
  clipByGlobalNorm,
  type Engine,
  type EngineFunction,
  float32,
  floats,
  type ParameterMap,
  RESIDENT_VECTORS,
  type ResidentTensor,
} from '@pharmacist/tensor-kernels';
import type { ResidentGradients, ResidentParameters } from './resident-parameters.ts';

/** Gradients in this thread, or with the engine. */
export interface StepGradients {
  readonly gradients: Map<string, Float32Array>;
  readonly residentGradients?: ResidentGradients | undefined;
}

/** Clips and applies gradients where the parameters are, and hands out what a checkpoint holds. */
export interface Updater {
  /** @returns the norm before clipping. @throws {NumericError} if it is NaN or infinite. */
  update(step: StepGradients, learningRate: number): Promise<number>;
  /** Brings the parameters of this thread up to date; the optimiser's state is then that of the last update. */
  pull(): Promise<AdamWState>;
  /** Takes over the parameters of this thread and an optimiser's state, those of a checkpoint. */
  push(state: AdamWState): Promise<void>;
  /** The last state is in this thread afterwards. */
  dispose(): Promise<void>;
}

export interface UpdaterOptions {
  readonly parameters: ParameterMap;
  readonly optimizer?: AdamWOptions | undefined;
  readonly maxGradientNorm: number;
}

/** In this thread: AdamW in f64 arithmetic on f32 state. */
export class HostUpdater implements Updater {
  readonly #parameters: ParameterMap;
  readonly #optimizer: AdamW;
  readonly #maxGradientNorm: number;

  constructor({ parameters, optimizer, maxGradientNorm }: UpdaterOptions) {
    this.#parameters = parameters;
    this.#optimizer = new AdamW(optimizer);
    this.#maxGradientNorm = maxGradientNorm;
  }

  async update({ gradients }: StepGradients, learningRate: number): Promise<number> {
    const norm = clipByGlobalNorm(gradients, this.#maxGradientNorm);
    this.#optimizer.update(this.#parameters, gradients, learningRate);
    return norm;
  }

  async pull(): Promise<AdamWState> {
    return this.#optimizer.state;
  }

  async push({ firstMoments, secondMoments, numUpdates }: AdamWState): Promise<void> {
    const { state } = this.#optimizer;
    for (const [name, values] of firstMoments) state.firstMoments.set(name, values);
    for (const [name, values] of secondMoments) state.secondMoments.set(name, values);
    for (const [name, count] of numUpdates) state.numUpdates.set(name, count);
  }

  async dispose(): Promise<void> {}
}

/** With the engine: one program over vectors, in f32; nothing but the norm comes back. */
export class ResidentUpdater implements Updater {
  readonly #engine: Engine;
  readonly #resident: ResidentParameters;
  readonly #options: UpdaterOptions;
  readonly #program: EngineFunction;
  readonly #numUpdates = new Map<string, number>();
  #firstMoments: ResidentTensor;
  #secondMoments: ResidentTensor;

  private constructor(engine: Engine, resident: ResidentParameters, options: UpdaterOptions, moments: [ResidentTensor, ResidentTensor]) {
    this.#engine = engine;
    this.#resident = resident;
    this.#options = options;
    [this.#firstMoments, this.#secondMoments] = moments;
    const sizes = resident.slots.map(({ size }) => size);
    const { optimizer, maxGradientNorm } = options;
    this.#program = engine.compile('update', adamWProgram({ ...optimizer, sizes, maxGradientNorm }));
  }

  static async create(engine: Engine, resident: ResidentParameters, options: UpdaterOptions): Promise<ResidentUpdater> {
    const moments: [ResidentTensor, ResidentTensor] = [await engine.zeros([resident.size]), await engine.zeros([resident.size])];
    return new ResidentUpdater(engine, resident, options, moments);
  }

  async update({ residentGradients }: StepGradients, learningRate: number): Promise<number> {
    const { vector: gradients, names } = residentGradients!;
    const { beta1, beta2, weightDecay } = { ...ADAMW_DEFAULTS, ...this.#options.optimizer };
    for (const name of names) this.#numUpdates.set(name, (this.#numUpdates.get(name) ?? 0) + 1);
    const counts = this.#resident.slots.map(({ name }) => this.#numUpdates.get(name) ?? 0);
    const active = this.#resident.slots.map(({ name }) => (names.has(name) ? 1 : 0));
    const isUniform = active.every((flag) => flag === 1) && counts.every((count) => count === counts[0]);
    const used = isUniform ? counts.slice(0, 1) : counts;
    const byTensor = (of: (count: number) => number) =>
      float32(
        [used.length],
        used.map((count) => of(Math.max(1, count))),
      );
    const written = { parameters: this.#resident.vector, firstMoments: this.#firstMoments, secondMoments: this.#secondMoments };
    const { norm } = await this.#program.run(
      {
        ...written,
        gradients,
        decay: float32([], [1 - learningRate * weightDecay]),
        stepSizes: byTensor((t) => learningRate / (1 - beta1 ** t)),
        corrections: byTensor((t) => Math.sqrt(1 - beta2 ** t)),
        isActive: isUniform ? float32([1], [1]) : float32([active.length], active),
      },
      { writes: Object.fromEntries(RESIDENT_VECTORS.map((name) => [name, { into: written[name], axis: 0, start: 0 }])) },
    );
    const value = floats(norm!)[0]!;
    if (!Number.isFinite(value)) throw new NumericError(`the gradient norm is ${value}`);
    return value;
  }

  async pull(): Promise<AdamWState> {
    await this.#resident.read(this.#resident.vector, this.#options.parameters);
    const arrays = () => new Map(this.#resident.slots.map(({ name, size }) => [name, new Float32Array(size)]));
    const state = { firstMoments: arrays(), secondMoments: arrays(), numUpdates: new Map(this.#numUpdates) };
    await this.#resident.read(this.#firstMoments, state.firstMoments);
    await this.#resident.read(this.#secondMoments, state.secondMoments);
    for (const { name } of this.#resident.slots) {
      if (this.#numUpdates.has(name)) continue;
      state.firstMoments.delete(name);
      state.secondMoments.delete(name);
    }
    return state;
  }

  async push({ firstMoments, secondMoments, numUpdates }: AdamWState): Promise<void> {
    for (const [name, count] of numUpdates) this.#numUpdates.set(name, count);
    const old = [this.#firstMoments, this.#secondMoments];
    this.#firstMoments = await this.#engine.upload(this.#resident.gather(firstMoments), { move: true });
    this.#secondMoments = await this.#engine.upload(this.#resident.gather(secondMoments), { move: true });
    for (const tensor of old) await tensor.dispose();
    await this.#resident.write(this.#options.parameters);
  }

  async dispose(): Promise<void> {
    await this.#resident.read(this.#resident.vector, this.#options.parameters);
    await this.#firstMoments.dispose();
    await this.#secondMoments.dispose();
  }
}
