import { InternalError, PharmacistError } from '@pharmacist/core';
import type { IndependentSteps } from '@pharmacist/selector';
import { copyOf, readShard, shardFileOf, type ShardPasses, writeShard } from './shard-file.ts';
import type { ShardPlan } from './shard-plan.ts';

/** What a process that makes one shard is told. */
export interface ShardOrder {
  readonly plan: string;
  readonly pass: string;
  readonly number: number;
  readonly from: number;
  readonly to: number;
}

/** Thrown once the shard is made: what a method does after the pass is for the process that gave it. One of ours, which a method's contract lets through. */
export class ShardMade extends PharmacistError {
  constructor() {
    super('the part is made', { code: 'E_SHARD_MADE' });
  }
}

/** Makes one range of one pass of a fit, and ends the fit there. */
export class ShardMaker {
  readonly #order: ShardOrder;
  readonly #stateDir: string;
  #passes: ShardPasses = {};

  /** @param stateDir folder of the run's checkpoints. */
  constructor(order: ShardOrder, stateDir: string) {
    this.#order = order;
    this.#stateDir = stateDir;
  }

  /** Takes the counts of passes, which are the shard's. */
  readonly count = (kind: 'forward' | 'backward', batches: number, rows: number): void => {
    const [earlierBatches, earlierRows] = this.#passes[kind] ?? [0, 0];
    this.#passes[kind] = [earlierBatches + batches, earlierRows + rows];
  };

  /** @throws {ShardMade} at the pass that was asked for. @throws {InternalError} if it is shorter than was said. */
  readonly elsewhere = async ({ name, values, steps }: IndependentSteps): Promise<boolean> => {
    const { plan: id, pass, number, from, to } = this.#order;
    if (name !== pass) return false;
    const shard = { number, from, to };
    const plan: ShardPlan = { id, pass, shards: [shard] };
    const path = shardFileOf(this.#stateDir, plan, shard);
    // Another has made it meanwhile: the first valid one stays.
    if (typeof (await readShard(path, { plan, shard, values })) !== 'string') throw new ShardMade();
    this.#passes = {};
    const before = copyOf(values);
    let step = from;
    for await (const _ of steps(from)) if (++step === to) break;
    if (step !== to) throw new InternalError(`the pass has ${step} steps, not ${to}`, { where: `pass ${pass}` });
    await writeShard(path, { plan: id, number, passes: this.#passes, before, after: values });
    throw new ShardMade();
  };
}
