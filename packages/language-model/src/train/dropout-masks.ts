import { Random } from '@pharmacist/core';
import type { HostTensor } from '@pharmacist/tensor-kernels';
import { dropoutInput } from '../decoder/lora-dropout.ts';

/** What is left out in each pass of a training: by its seed, the step and the pass of the step, so that a continued training leaves out the same. */
export class DropoutMasks {
  readonly #rate: number;
  readonly #random: Random;
  #step = 0;
  #pass = 0;

  constructor(rate: number, seed: number | string) {
    this.#rate = rate;
    this.#random = new Random(seed).split('dropout');
  }

  begin(step: number): void {
    this.#step = step;
    this.#pass = 0;
  }

  /** The input of the next pass. */
  next(): HostTensor {
    return dropoutInput(this.#rate, this.#random.split(this.#step, this.#pass++));
  }
}
