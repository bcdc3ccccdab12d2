import { z } from 'zod';
import { shown } from './problem-list.ts';

/** Options of PEFT that change what an adapter computes, in ways this project does not follow: they must be off. */
const MUST_BE_OFF = [
  'use_dora',
  'modules_to_save',
  'fan_in_fan_out',
  'lora_bias',
  'layers_to_transform',
  'layer_replication',
  'exclude_modules',
  'trainable_token_indices',
  'alora_invocation_tokens',
  'target_parameters',
  'use_qalora',
  'use_bdlora',
  'arrow_config',
] as const;

/** Initialisations that leave the base model as it is; the others (PiSSA, OLoRA, LoftQ...) train against changed base weights. */
const PLAIN_INITIALISATIONS = [true, false, 'gaussian', 'orthogonal', 'eva'];

const off = z
  .unknown()
  .refine((value) => value == null || value === false || isEmpty(value), {
    error: ({ input }) => `is ${shown(input)}, which is not supported; train the adapter without it`,
  })
  .optional();

const oneOf = (name: string) => z.literal(name, { error: ({ input }) => `is ${shown(input)}; supported: ${name}` });

const pattern = (value: z.ZodNumber, what: string) =>
  z.record(z.string(), value, { error: ({ input }) => `is ${shown(input)}; expected ${what} by pattern` }).nullish();

/** PEFT's `adapter_config.json` as far as it decides what the adapter computes. */
export const adapterConfigSchema = z.object({
  peft_type: oneOf('LORA'),
  task_type: oneOf('CAUSAL_LM').nullish(),
  bias: oneOf('none').default('none'),
  r: z.int().min(1),
  lora_alpha: z.number().positive(),
  lora_dropout: z.number().min(0).lt(1).default(0),
  use_rslora: z.boolean().nullish(),
  /** Of single modules, by a pattern for the end of their names. */
  rank_pattern: pattern(z.int().min(1), 'ranks'),
  alpha_pattern: pattern(z.number().positive(), 'numbers above 0'),
  /** Names, or ends of names after a dot; one text is a pattern for whole names, or means every linear map. */
  target_modules: z.union([z.array(z.string()).min(1), z.string()], {
    error: ({ input }) => `is ${shown(input)}; expected a list of names, a pattern or "all-linear"`,
  }),
  base_model_name_or_path: z.string().nullish(),
  revision: z.string().nullish(),
  init_lora_weights: z
    .unknown()
    .refine((value) => value == null || PLAIN_INITIALISATIONS.some((plain) => plain === value), {
      error: ({ input }) => `is ${shown(input)}, which changes the base model; merge the adapter with PEFT instead`,
    })
    .optional(),
  ...Object.fromEntries(MUST_BE_OFF.map((name) => [name, off])),
});

export type AdapterConfig = z.infer<typeof adapterConfigSchema>;

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
