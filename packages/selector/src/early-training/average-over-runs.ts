import { createAdapter, type LoraAdapter } from '@pharmacist/language-model';
import { trainShortRun } from '../gradients/short-run.ts';
import { trainableRows } from '../gradients/trainable-rows.ts';
import type { SelectionContext } from '../selector.ts';
import type { EarlyTrainingConfig } from './options.ts';

/** A short run that has been made. */
export interface EarlyRun {
  readonly adapter: LoraAdapter;
  /** Names the state of what is read from it. */
  readonly name: string;
  /** The run for a person. */
  readonly title: string;
}

/**
 * Trains `runs` LoRAs on the pool, each from a start and in an order of its own, and averages what `read` finds about the rows after each.
 * @param what names the states. @returns the means by name, f64 [N], NaN where a row has none.
 */
export async function averageOverRuns(
  context: SelectionContext,
  { runs, steps, loraRank: rank, loraAlpha: alpha, learningRate, trainBatchSize }: EarlyTrainingConfig,
  what: string,
  read: (run: EarlyRun) => Promise<Readonly<Record<string, Float64Array>>>,
): Promise<Record<string, Float64Array>> {
  const { model } = context;
  const rows = trainableRows(context.pool);
  const means: Record<string, Float64Array> = {};
  for (let run = 0; run < runs; run++) {
    const random = context.random.split('early run', run);
    const adapter = createAdapter(model.config, { rank, alpha, baseModelName: model.name }, random.split('adapter').integer(2 ** 31));
    const title = `Run ${run + 1} of ${runs}`;
    await trainShortRun(context, {
      adapter,
      rows,
      numSteps: steps,
      batchSize: trainBatchSize,
      learningRate,
      name: `${what}-run-${run}`,
      phase: `${title}: short run on the pool`,
      random,
    });
    for (const [name, values] of Object.entries(await read({ adapter, name: `${what}-values-${run}`, title }))) {
      const mean = (means[name] ??= new Float64Array(values.length));
      for (let i = 0; i < values.length; i++) mean[i]! += values[i]! / runs;
    }
  }
  return means;
}
