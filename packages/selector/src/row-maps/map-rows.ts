import type { LanguageModel, TokenizedRow } from '@pharmacist/language-model';
import { checkpointed } from '../checkpointed.ts';
import { batchPlan, countRowBatches, rowBatches } from '../row-batches.ts';
import type { SelectionContext } from '../selector.ts';
import { MappedValues } from './mapped-values.ts';
import type { MapParameters, RowMap } from './row-map.ts';

/** Which rows a pass reads and what it is called. */
export interface RowPass {
  readonly rows: readonly TokenizedRow[];
  /** Name of the checkpoint; a pass without one starts over when it is stopped. */
  readonly name?: string | undefined;
  /** The pass for a person. */
  readonly phase: string;
}

export interface MapOptions<M> {
  readonly parameters: MapParameters<M>;
  /** The context's if left out. */
  readonly model?: LanguageModel | undefined;
  /** One number a row that the map reads. */
  readonly marks?: Int32Array | undefined;
}

/**
 * Reads all rows that have targets once, batch by batch, here or in other processes, and keeps what the map finds. Counts the map's passes a batch.
 * @throws {ConfigError} if the model lacks what the map reads. @throws {NumericError} if something is not finite.
 */
export async function mapRows<M>(
  context: SelectionContext,
  { rows, name, phase }: RowPass,
  map: RowMap<M>,
  { parameters, model = context.model, marks }: MapOptions<M>,
): Promise<MappedValues> {
  const { batchSize, maxLength, elsewhere } = context;
  const values = new MappedValues(map.forms(model, parameters), rows);
  const numSteps = countRowBatches(rows, batchSize);
  const pass = { phase, map, parameters, model, rows, marks, batchSize, maxLength, values };
  await checkpointed(context, {
    name,
    values: values.arrays,
    ...(name !== undefined &&
      elsewhere !== undefined && {
        divided: {
          numSteps,
          make: async (from) => await elsewhere.rows({ ...pass, name, batches: batchPlan(rows, batchSize), from }),
        },
      }),
    async *steps(start) {
      if (start >= numSteps) return;
      const reader = await map.open(model, parameters, phase);
      try {
        for (const { batch, indices, rows: held, done } of rowBatches(rows, context, start)) {
          const found = await reader.read({
            batch,
            rows: held,
            marks: marks === undefined ? [] : indices.map((index) => marks[index]!),
          });
          indices.forEach((index, b) => values.set(index, found[b]!));
          for (const kind of map.passes) context.count(kind, 1, indices.length);
          context.reporter.progress({ phase, done, total: rows.length, unit: 'rows' });
          yield;
        }
      } finally {
        await reader.dispose?.();
      }
    },
  });
  return values;
}
