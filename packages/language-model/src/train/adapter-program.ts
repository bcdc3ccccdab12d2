import * as tf from '@tensorflow/tfjs-core';
import type { Engine, EngineFunction, EngineInput, HostTensor, Program } from '@pharmacist/tensor-kernels';
import type { LoraAdapter } from '../adapter.ts';
import { DROPOUT_INPUT } from '../decoder/lora-dropout.ts';
import { adapterTensors } from '../lora.ts';
import { GRADIENT_PREFIX, gradientsOf } from '../loss.ts';
import type { ResidentGradients, Slot } from './resident-parameters.ts';

/** Names that no weight, factor or batch has. */
const VECTOR = { parameters: 'resident parameters', gradients: 'resident gradients' } as const;

/** What a program of an adapter returns. */
export interface AdapterResults {
  /** All outputs but gradients that stayed with the engine. */
  readonly outputs: Readonly<Record<string, HostTensor>>;
  /** Gradients by trained name, in this thread; empty if they stayed with the engine. */
  readonly gradients: Map<string, Float32Array>;
  readonly residentGradients?: ResidentGradients;
}

/**
 * A compiled program of weights, batch and the factors of an adapter, which it reads where they are: from this thread, or, while the adapter is
 * trained on a device, from the vector there. Its gradients go where the factors are.
 */
export class AdapterProgram {
  readonly name: string;
  readonly #engine: Engine;
  readonly #program: Program;
  readonly #hasGradients: boolean;
  #onHost: EngineFunction | undefined;
  readonly #onDevice = new Map<string, { readonly run: EngineFunction; readonly names: Set<string> }>();

  /** @param program reads factors as inputs by their names, and names gradients, if it has some, as `gradientOutputs` does. */
  constructor(engine: Engine, name: string, program: Program, { hasGradients = true } = {}) {
    this.#engine = engine;
    this.name = name;
    this.#program = program;
    this.#hasGradients = hasGradients;
  }

  /**
   * @param inputs everything but the factors.
   * @param slot names the vector that resident gradients go to: of two runs whose gradients are added, one says another.
   */
  async run(adapter: LoraAdapter, inputs: Readonly<Record<string, EngineInput>>, slot = 'gradients'): Promise<AdapterResults> {
    const { resident } = adapter;
    const masks = adapter.masks && { [DROPOUT_INPUT]: adapter.masks.next() };
    if (resident === undefined) {
      this.#onHost ??= this.#engine.compile(this.name, this.#program);
      const outputs = await this.#onHost.run({ ...inputs, ...masks, ...adapterTensors(adapter) });
      return { outputs, gradients: gradientsOf(outputs) };
    }
    const { run, names } = this.#deviceProgram(resident.slots);
    const factors = { ...masks, [VECTOR.parameters]: resident.vector };
    if (!this.#hasGradients) return { outputs: await run.run({ ...inputs, ...factors }), gradients: new Map() };
    const vector = await resident.gradientVector(slot);
    const writes = { [VECTOR.gradients]: { into: vector, axis: 0, start: 0 } };
    const outputs = await run.run({ ...inputs, ...factors }, { writes });
    return { outputs, gradients: new Map(), residentGradients: { vector, names } };
  }

  #deviceProgram(slots: readonly Slot[]): { run: EngineFunction; names: Set<string> } {
    const key = slots.map(({ name, size }) => `${name}:${size}`).join();
    let compiled = this.#onDevice.get(key);
    if (compiled === undefined) {
      const names = new Set<string>();
      compiled = { run: this.#engine.compile(this.name, overVectors(this.#program, slots, names)), names };
      this.#onDevice.set(key, compiled);
    }
    return compiled;
  }
}

/** The program with its factors cut from one vector and its gradients joined to one. @param names gets the names that have a gradient. */
function overVectors(program: Program, slots: readonly Slot[], names: Set<string>): Program {
  return (inputs) => {
    const { [VECTOR.parameters]: vector, ...others } = inputs;
    const factors = slots.map(
      ({ name, shape, offset, size }) => [name, tf.reshape(tf.slice(vector!, [offset], [size]), [...shape])] as const,
    );
    const outputs = program({ ...others, ...Object.fromEntries(factors) });
    const results = Object.fromEntries(Object.entries(outputs).filter(([name]) => !name.startsWith(GRADIENT_PREFIX)));
    if (names.size === 0 && !Object.keys(outputs).some((name) => name.startsWith(GRADIENT_PREFIX))) return results;
    const parts = slots.map(({ name, size }) => {
      const gradient = outputs[GRADIENT_PREFIX + name];
      if (gradient === undefined) return tf.zeros([size]);
      names.add(name);
      return tf.reshape(gradient, [size]);
    });
    return { ...results, [VECTOR.gradients]: tf.concat(parts) };
  };
}
