import { adapterTensors, batchInputs, type LanguageModel, type LoraAdapter, type TokenizedRow } from '@pharmacist/language-model';
import { type EngineInput, float32, floats } from '@pharmacist/tensor-kernels';
import { finite } from '../mean-losses.ts';
import { type AdapterMeta, adapterOf, adapterState, rankOf } from '../row-maps/adapter-state.ts';
import { mapRows } from '../row-maps/map-rows.ts';
import type { RowMap, ValueForm } from '../row-maps/row-map.ts';
import type { SelectionContext } from '../selector.ts';
import type { Direction } from './directions.ts';
import { directionInput, influenceProgram } from './influence-program.ts';
import { ownMeanWeights } from './row-gradients.ts';

/** Influences of N rows, f64; NaN for rows without targets. */
export interface Influences {
  /** Mean answer NLL, nats a token. */
  readonly loss: Float64Array;
  /** |g_i|. */
  readonly gradientNorm: Float64Array;
  /** <g_i, v> / |g_i| by direction name. */
  readonly cosines: Record<string, Float64Array>;
}

export interface InfluenceOptions {
  readonly model: LanguageModel;
  readonly adapter: LoraAdapter;
  readonly rows: readonly TokenizedRow[];
  readonly directions: Readonly<Record<string, Direction>>;
  /** Names of the factors whose gradients count: all of the adapter's by default. */
  readonly factors?: readonly string[];
  /** Name of the checkpoint; a pass without one starts over when it is stopped. */
  readonly name?: string | undefined;
  /** The pass for a person. */
  readonly phase: string;
}

interface InfluenceMeta {
  readonly adapter: AdapterMeta;
  /** Names of directions. */
  readonly directions: readonly string[];
  /** Names of the factors whose gradients count. */
  readonly factors: readonly string[];
}

const column: ValueForm = { type: 'f64', each: 1 };
const cosineOf = (direction: string) => `cosine ${direction}`;

/** Influences of a row. Parameters: the adapter's factors, and the directions' by the names of their inputs. */
export const influenceMap: RowMap<InfluenceMeta> = {
  name: 'influences',
  passes: ['forward', 'backward'],
  loraRank: ({ meta }) => rankOf(meta.adapter),
  forms: (_, { meta }) => ({
    loss: column,
    gradientNorm: column,
    ...Object.fromEntries(meta.directions.map((direction) => [cosineOf(direction), column])),
  }),
  open(model, { meta, arrays }, phase) {
    const { directions: names, factors } = meta;
    const adapter = adapterOf(meta.adapter, arrays);
    const tensors = adapterTensors(adapter);
    const program = model.function(`influence ${adapter.scale} ${factors.join()} ${names.join()}`, () =>
      model.engine.compile('row influences', influenceProgram(model.config, adapter.scale, factors, names)),
    );
    const fixed: Record<string, EngineInput> = { ...model.inputs, ...tensors };
    for (const factor of factors) {
      for (const direction of names) {
        const input = directionInput(direction, factor);
        fixed[input] = float32(tensors[factor]!.shape, arrays[input] as Float32Array);
      }
    }
    return {
      async read({ batch, rows }) {
        const outputs = await program.run({ ...fixed, ...batchInputs(batch, ownMeanWeights(batch)) });
        const [sums, squares] = [floats(outputs['rowLosses']!), floats(outputs['squaredNorm']!)];
        const dots = names.length === 0 ? new Float32Array() : floats(outputs['dots']!);
        return rows.map((_, b) => {
          const loss = finite(sums[b]! / batch.rowTargetCounts[b]!, 'loss', phase);
          const norm = finite(Math.sqrt(squares[b]!), 'gradient norm', phase);
          const cosine = (d: number) => (squares[b]! > 0 ? dots[b * names.length + d]! / norm : 0);
          return { loss: [loss], gradientNorm: [norm], ...Object.fromEntries(names.map((name, d) => [cosineOf(name), [cosine(d)]])) };
        });
      },
    };
  },
};

/** Influences of all rows on all directions (there may be none), in one pass that continues where it was stopped. @throws {NumericError} */
export async function influencesOf(
  context: SelectionContext,
  { model, adapter, rows, directions, factors, name, phase }: InfluenceOptions,
): Promise<Influences> {
  const names = Object.keys(directions);
  const { meta, arrays } = adapterState(adapter);
  const inputs = names.flatMap((direction) =>
    [...directions[direction]!].map(([factor, values]) => [directionInput(direction, factor), values] as const),
  );
  const counted = factors ?? Object.keys(adapterTensors(adapter));
  const parameters = { meta: { adapter: meta, directions: names, factors: counted }, arrays: { ...arrays, ...Object.fromEntries(inputs) } };
  const found = await mapRows(context, { rows, name, phase }, influenceMap, { parameters, model });
  const values = found.arrays as Readonly<Record<string, Float64Array>>;
  return {
    loss: values['loss']!,
    gradientNorm: values['gradientNorm']!,
    cosines: Object.fromEntries(names.map((direction) => [direction, values[cosineOf(direction)]!])),
  };
}
