import { z } from 'zod';
import { PROJECTIONS } from './decoder/projections.ts';
import { shown } from './problem-list.ts';

/** Options of PEFT that change what an adapter computes, in ways this project does not follow: they must be off. */
const MUST_BE_OFF = [
  'use_dora',
  'rank_pattern',
  'alpha_pattern',
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

const projection = z.string().refine((name) => PROJECTIONS.has(name), {
  error: ({ input }) => `is ${shown(input)}; supported: ${PROJECTIONS.names.join(', ')}`,
});

/** PEFT's `adapter_config.json` as far as it decides what the adapter computes. */
export const adapterConfigSchema = z.object({
  peft_type: oneOf('LORA'),
  task_type: oneOf('CAUSAL_LM').nullish(),
  bias: oneOf('none').default('none'),
  r: z.int().min(1),
  lora_alpha: z.number().positive(),
  lora_dropout: z.number().min(0).lt(1).default(0),
  use_rslora: z.boolean().nullish(),
  target_modules: z.union([z.array(projection).min(1), z.literal('all-linear')], {
    error: ({ input }) => `is ${shown(input)}; supported: a list of ${PROJECTIONS.names.join(', ')}`,
  }),
  base_model_name_or_path: z.string().nullish(),
  init_lora_weights: z
    .unknown()
    .refine((value) => value == null || PLAIN_INITIALISATIONS.some((plain) => plain === value), {
      error: ({ input }) => `is ${shown(input)}, which changes the base model; merge the adapter with PEFT instead`,
    })
    .optional(),
  ...Object.fromEntries(MUST_BE_OFF.map((name) => [name, off])),
});

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
