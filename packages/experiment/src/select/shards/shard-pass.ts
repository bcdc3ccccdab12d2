import type { State, StateArray } from '@pharmacist/core';
import type { LanguageModel } from '@pharmacist/language-model';
import { type AdapterMeta, adapterState, type DividedPass } from '@pharmacist/selector';
import { z } from 'zod';
import { machineSchema } from './shard-machine.ts';

const adapterSchema = z.object({
  scale: z.number(),
  modules: z.array(z.tuple([z.string(), z.number(), z.number(), z.number()]).readonly()).readonly(),
}) satisfies z.ZodType<AdapterMeta>;

const metaSchema = z.object({
  pass: z.string(),
  phase: z.string(),
  /** What the rows of a part are: tokens in batches, or texts. */
  reads: z.enum(['tokens', 'texts']),
  /** Name of the map. */
  map: z.string(),
  parameters: z.record(z.string(), z.unknown()),
  batchSize: z.int(),
  maxLength: z.int(),
  model: z.object({
    /** A further model by the name that it was opened by; the run's own if left out. */
    name: z.string().optional(),
    /** Merged into it, one after the other. */
    adapters: z.array(adapterSchema),
    /** Of what comes out: another one is another model. */
    contentHash: z.string(),
  }),
});

const toldSchema = metaSchema.extend({ machine: machineSchema });

/** What every process that reads a part of a pass is told, beside its rows. */
export type ShardPass = z.output<typeof toldSchema> & {
  readonly arrays: Readonly<Record<string, StateArray>>;
  readonly adapterArrays: readonly Readonly<Record<string, StateArray>>[];
};

/** What of a pass a file holds. */
export interface PackedPass extends Pick<DividedPass, 'name' | 'phase' | 'parameters' | 'batchSize' | 'maxLength' | 'model'> {
  readonly reads: 'tokens' | 'texts';
  readonly map: { readonly name: string };
}

const PARAMETER = 'parameter ';
const adapterPrefix = (number: number) => `adapter ${number} `;
const prefixed = (prefix: string, arrays: Readonly<Record<string, StateArray>>) =>
  Object.fromEntries(Object.entries(arrays).map(([name, array]) => [prefix + name, array]));
const withPrefix = (prefix: string, arrays: Readonly<Record<string, StateArray>>) =>
  Object.fromEntries(
    Object.entries(arrays).flatMap(([name, array]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), array]] : [])),
  );

/**
 * A pass as a file holds it.
 * @param nameOf the name that a model which was opened has for other processes, '' for the run's own; undefined for one that they cannot open.
 * @returns undefined if its model is such a one.
 */
export function packPass(pass: PackedPass, nameOf: (model: LanguageModel) => string | undefined): State | undefined {
  const { name, phase, reads, map, parameters, batchSize, maxLength, model } = pass;
  let root = model;
  const adapters = [];
  for (; root.mergedFrom !== undefined; root = root.mergedFrom.model) adapters.unshift(adapterState(root.mergedFrom.adapter));
  const rootName = nameOf(root);
  if (rootName === undefined) return undefined;
  const meta: z.input<typeof metaSchema> = {
    pass: name,
    phase,
    reads,
    map: map.name,
    parameters: parameters.meta,
    batchSize,
    maxLength,
    model: {
      ...(rootName !== '' && { name: rootName }),
      adapters: adapters.map((adapter) => adapter.meta),
      contentHash: model.contentHash,
    },
  };
  const arrays = [prefixed(PARAMETER, parameters.arrays), ...adapters.map((adapter, i) => prefixed(adapterPrefix(i), adapter.arrays))];
  return { meta, arrays: Object.assign({}, ...arrays) as Record<string, StateArray> };
}

/** The same again, with the machine that was added to its meta; undefined if this is none. */
export function unpackPass({ meta, arrays }: State): ShardPass | undefined {
  const parsed = toldSchema.safeParse(meta).data;
  if (parsed === undefined) return undefined;
  return {
    ...parsed,
    arrays: withPrefix(PARAMETER, arrays),
    adapterArrays: parsed.model.adapters.map((_, i) => withPrefix(adapterPrefix(i), arrays)),
  };
}
