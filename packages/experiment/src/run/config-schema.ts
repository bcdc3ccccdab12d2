import { PROMPT_TEMPLATES } from '@pharmacist/language-model';
import { ENGINE_NAMES } from '@pharmacist/tensor-kernels';
import { z } from 'zod';
import { EVALUATE_DEFAULTS } from '../evaluate/options.ts';
import { SELECT_DEFAULTS } from '../select/options.ts';
import { alignmentSettings, attackSettings } from '../train/settings.ts';

const count = z.int().min(1);
const share = z.number().gt(0).lte(1);
const options = z.record(z.string(), z.unknown()).default({});
/** Becomes part of file names. */
const label = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,40}$/, 'expected up to 41 of a-z, 0-9, dot, dash and underline');

/** `vaccine`, or `{ name: vaccine, options: { rho: 5 }, label: vaccine-5 }`: the label tells two entries of one method apart. */
const named = z.union(
  [
    z.string().transform((name) => ({ name, label: name, options: {} as Record<string, unknown> })),
    z
      .strictObject({ name: z.string(), label: label.optional(), options })
      .transform(({ name, label: own, options: given }) => ({ name, label: own ?? name, options: given })),
  ],
  { error: 'expected a name, or { name, options, label }' },
);

function areDistinct(entries: readonly (string | number)[]): boolean {
  return new Set(entries).size === entries.length;
}
/** `dedupe`, or `{ name: dedupe, options: { threshold: 0.7 } }`. */
const filter = z.union([z.string().transform((name) => ({ name })), z.strictObject({ name: z.string(), options })], {
  error: 'expected a filter, or { name, options }',
});

/** A selection method, and what leaves rows out before it: `{ name: pharmacist, filters: [dedupe], label: deduped }`. */
const method = z.union(
  [
    z.string().transform((name) => ({ name, label: name, options: {} as Record<string, unknown>, filters: undefined })),
    z
      .strictObject({ name: z.string(), label: label.optional(), options, filters: z.array(filter).optional() })
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

/** Of `pharmacist run`. Every key is checked, and an unknown one is an error. */
export const runConfigSchema = z.strictObject({
  /** Of the report, and of the folder if none is named. */
  name: label,
  model: z.string().default('tiny'),
  /** Every cell is run once for each. */
  seeds: z.array(z.int().min(0)).min(1).refine(areDistinct, 'a seed is named twice').default([0]),
  template: z.enum(PROMPT_TEMPLATES.names).default(SELECT_DEFAULTS.template),
  maxLength: z.int().min(2).default(SELECT_DEFAULTS.maxLength),
  engine: z.enum(ENGINE_NAMES).default(SELECT_DEFAULTS.engine),
  threads: count.optional(),
  /** Files; `bundled:demo/alignment.jsonl` is one that ships with the program. */
  data: z.strictObject({
    alignment: z.string(),
    /** Harmful rows that selection and defenses may see. */
    harmful: z.string(),
    validation: z.string().optional(),
    /** Harmful rows of the attack. */
    attackHarmful: z.string(),
    task: z.strictObject({
      train: z.string(),
      test: z.string(),
      form: z.string().default('auto'),
      variant: z.string().optional(),
      labels: z.array(z.string()).min(2).optional(),
    }),
    harmfulPrompts: z.string(),
    overRefusalPrompts: z.string().optional(),
    pairs: z.string().optional(),
    plainText: z.string().optional(),
    /** Lets the attack use rows that the model was aligned on. */
    allowOverlap: z.boolean().default(false),
  }),
  selection: z.strictObject({
    methods: labelled(method),
    /** Shares of the pool that become core subsets; `full` keeps everything whatever stands here. */
    keep: z.array(share).min(1).refine(areDistinct, 'a share is named twice'),
    batchSize: count.default(SELECT_DEFAULTS.batchSize),
  }),
  alignment: z.strictObject({ defenses: labelled(named), ...alignmentSettings.shape }),
  attack: z.strictObject({
    poisonRatios: z.array(z.number().min(0).max(1)).min(1).refine(areDistinct, 'a ratio is named twice'),
    samples: count.default(1000),
    loraMode: z.enum(['double', 'single']).default('double'),
    ...attackSettings.shape,
  }),
  evaluation: z
    .strictObject({
      /** The first one's number is the table's. */
      judges: z
        .array(named)
        .min(1)
        .default([{ name: EVALUATE_DEFAULTS.judge, label: EVALUATE_DEFAULTS.judge, options: {} }]),
      maxNewTokens: count.default(EVALUATE_DEFAULTS.maxNewTokens),
      batchSize: count.default(EVALUATE_DEFAULTS.batchSize),
      /** First rows of each file; all of them if left out. */
      limit: count.optional(),
    })
    .prefault({}),
});

export type RunConfig = z.infer<typeof runConfigSchema>;
