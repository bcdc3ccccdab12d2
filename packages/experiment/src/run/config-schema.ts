import { entryLabel } from '@pharmacist/core';
import { sourcesOf } from '@pharmacist/data-io';
import { PROMPT_TEMPLATES } from '@pharmacist/language-model';
import { drawsOwnRows, poolSchema } from '@pharmacist/planted';
import { COMPARED_METRICS, RESULT_METRICS } from '@pharmacist/results';
import { z } from 'zod';
import { EVALUATE_DEFAULTS } from '../evaluate/options.ts';
import { RECOMPUTE_CHOICES, STAGE_DEFAULTS } from '../every-stage/options.ts';
import { SELECT_DEFAULTS } from '../select/options.ts';
import { alignmentSettings, attackSettings, loraSchema } from '../train/settings.ts';
import { missingDownstream } from './missing-downstream.ts';
import { areDistinct } from './are-distinct.ts';

const count = z.int().min(1);
const share = z.number().gt(0).lte(1);
const options = z.record(z.string(), z.unknown()).default({});

/** A file, folder, pattern, address or data set on the Hub, or a list of them that is read as one. Every step reads it anew. */
const rows = z
  .union([z.string(), z.array(z.string()).min(1)], { error: 'expected a name of rows, or a list of names' })
  .refine(
    (source) => !sourcesOf(source).includes('-'),
    'standard input (-) can be read once only, and the steps of a run read their rows again: name a file',
  );

/** `vaccine`, or `{ name: vaccine, options: { rho: 5 }, label: vaccine-5 }`: the label tells two entries of one method apart. */
const named = z.union(
  [
    z.string().transform((name) => ({ name, label: name, options: {} as Record<string, unknown> })),
    z
      .strictObject({ name: z.string(), label: entryLabel.optional(), options })
      .transform(({ name, label: own, options: given }) => ({ name, label: own ?? name, options: given })),
  ],
  { error: 'expected a name, or { name, options, label }' },
);

/** `dedupe`, or `{ name: dedupe, options: { threshold: 0.7 } }`. */
const filter = z.union([z.string().transform((name) => ({ name })), z.strictObject({ name: z.string(), options })], {
  error: 'expected a filter, or { name, options }',
});

/** A selection method, and what leaves rows out before it: `{ name: pharmacist, filters: [dedupe], label: deduped }`. */
const method = z.union(
  [
    z.string().transform((name) => ({ name, label: name, options: {} as Record<string, unknown>, filters: undefined })),
    z
      .strictObject({ name: z.string(), label: entryLabel.optional(), options, filters: z.array(filter).optional() })
      .transform(({ label: own, ...entry }) => ({ ...entry, label: own ?? entry.name })),
  ],
  { error: 'expected a name, or { name, options, label, filters }' },
);

const labelled = <E extends z.ZodType<{ label: string }>>(entry: E) =>
  z
    .array(entry)
    .min(1)
    .refine(
      (entries) => areDistinct(entries.map(({ label: own }) => own)),
      'two entries have the same label; give one of them a label of its own',
    );

export const evaluationSettings = z.strictObject({
  /** The first one's number is the table's. */
  judges: z
    .array(named)
    .min(1)
    .default([{ name: EVALUATE_DEFAULTS.judge, label: EVALUATE_DEFAULTS.judge, options: {} }]),
  maxNewTokens: count.default(EVALUATE_DEFAULTS.maxNewTokens),
  batchSize: count.default(EVALUATE_DEFAULTS.batchSize),
  /** First rows of each file; all of them if left out. */
  limit: count.optional(),
});

/**
 * Of `pharmacist run`. Every key is checked, and an unknown one is an error. A configuration without alignment, attack, evaluation and their
 * data only ranks: with rows of known kinds it is a planted benchmark.
 */
export const runConfigSchema = z
  .strictObject({
    /** Of the report, and of the folder if none is named. */
    name: entryLabel,
    model: z.string().default('tiny'),
    /** Every cell is run once for each. */
    seeds: z.array(z.int().min(0)).min(1).refine(areDistinct, 'a seed is named twice').default([0]),
    template: z.enum(PROMPT_TEMPLATES.names).default(SELECT_DEFAULTS.template),
    maxLength: z.int().min(2).default(SELECT_DEFAULTS.maxLength),
    engine: z.string().default(SELECT_DEFAULTS.engine),
    threads: count.optional(),
    devices: count.optional(),
    recompute: z.enum(RECOMPUTE_CHOICES).default(STAGE_DEFAULTS.recompute),
    /** Begins although a step will not fit into the memory of the machine. */
    allowLittleMemory: z.boolean().default(false),
    /** Modules whose definitions may be named beside what is built in: paths from the working directory, or packages. */
    plugins: z.array(z.string().min(1)).min(1).refine(areDistinct, 'a plugin is named twice').optional(),
    /** Files; `bundled:demo/alignment.jsonl` is one that ships with the program. */
    data: z.strictObject({
      alignment: rows,
      /** Pools of known truth that are drawn from the alignment rows and ranked in their place; each is a dimension of the grid. */
      pools: z
        .array(poolSchema)
        .min(1)
        .refine((pools) => areDistinct(pools.map(({ label: own }) => own)), 'two pools have the same label')
        .optional(),
      /** Harmful rows that selection and defenses may see. */
      harmful: rows.optional(),
      validation: rows.optional(),
      /** Harmful rows of the attack. */
      attackHarmful: rows.optional(),
      task: z
        .strictObject({
          train: rows,
          test: rows,
          form: z.string().default('auto'),
          variant: z.string().optional(),
          labels: z.array(z.string()).min(2).optional(),
        })
        .optional(),
      harmfulPrompts: rows.optional(),
      overRefusalPrompts: rows.optional(),
      pairs: rows.optional(),
      plainText: rows.optional(),
      /** Split and subset ("config") of data sets that have several. */
      split: z.string().optional(),
      subset: z.string().optional(),
      /** Lets the attack use rows that the model was aligned on. */
      allowOverlap: z.boolean().default(false),
    }),
    selection: z.strictObject({
      methods: labelled(method),
      /** Shares of the pool that become core subsets; `full` keeps everything whatever stands here. */
      keep: z.array(share).min(1).refine(areDistinct, 'a share is named twice'),
      batchSize: count.default(SELECT_DEFAULTS.batchSize),
      /** Whether the rankings say why each row is where it is, in the report too; a forward pass more a ranking. */
      explain: z.boolean().optional(),
    }),
    alignment: z.strictObject({ defenses: labelled(named), ...alignmentSettings.shape }).optional(),
    attack: z
      .strictObject({
        poisonRatios: z.array(z.number().min(0).max(1)).min(1).refine(areDistinct, 'a ratio is named twice'),
        samples: count.default(1000),
        loraMode: z.enum(['double', 'single']).default('double'),
        ...attackSettings.shape,
        /** Of the new adapter that `double` trains; a default that depends on the mode is none of the schema's. */
        lora: loraSchema.optional(),
      })
      .optional(),
    evaluation: evaluationSettings.optional(),
    /** Paired tests over the seeds, made where there are two or more. */
    comparison: z
      .strictObject({
        /** Label of the method that is compared with every other; `pharmacist` if left out and there is one. */
        reference: z.string().optional(),
        metrics: z
          .array(z.enum(RESULT_METRICS))
          .min(1)
          .default([...COMPARED_METRICS]),
      })
      .optional(),
  })
  .superRefine((config, context) => {
    if (config.attack?.loraMode === 'single' && config.attack.lora !== undefined) {
      const message = '`loraMode: single` trains the aligned adapter further, with its rank, alpha and targets; leave these out';
      context.addIssue({ code: 'custom', path: ['attack', 'lora'], message });
    }
    if (drawsOwnRows(config.data.pools ?? [])) {
      const unused = [
        ...(config.data.validation === undefined ? [] : ['validation']),
        ...(config.data.harmful === undefined || config.alignment !== undefined ? [] : ['harmful']),
      ];
      for (const name of unused)
        context.addIssue({
          code: 'custom',
          path: ['data', name],
          message: 'would not be read: every pool draws rows of its own; leave it out',
        });
    }
    for (const path of missingDownstream(config)) {
      context.addIssue({
        code: 'custom',
        path,
        message: 'is missing; alignment, attack, evaluation and their data go together: give all of them, or none to rank only',
      });
    }
  });

export type RunConfig = z.infer<typeof runConfigSchema>;
