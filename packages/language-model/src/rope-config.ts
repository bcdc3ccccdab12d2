import type { RawConfig, RopeFields } from './config-schema.ts';
import type { Rope } from './families/model-family.ts';

/** The kinds of layers that may have angles of their own in `rope_parameters`. */
export type RopeKey = 'full_attention' | 'sliding_attention';

/**
 * The angles of a kind of layer, in the spelling of transformers 4 (`rope_theta`, `rope_scaling`) or 5 (`rope_parameters`).
 * @param problems are added to: what the type of scaling needs and the file lacks.
 */
export function readRope(fields: RawConfig, key: RopeKey, defaultTheta: number, problems: string[]): Rope {
  const isMain = key === 'full_attention';
  const spelling = fields.rope_parameters == null ? 'rope_scaling' : 'rope_parameters';
  const whole = isMain ? (fields.rope_parameters ?? fields.rope_scaling) : fields.rope_parameters;
  const rope: RopeFields = whole?.[key] ?? (isMain ? whole : undefined) ?? {};
  const ropeTheta = rope.rope_theta ?? (isMain ? fields.rope_theta : fields.rope_local_base_freq) ?? defaultTheta;
  const type = rope.rope_type ?? rope.type ?? 'default';
  if (type === 'default') return { ropeTheta };
  const need = (name: keyof RopeFields, value: number | undefined): number => {
    if (value === undefined) problems.push(`${spelling}.${name} is missing; rope type ${type} needs it`);
    return value ?? 1;
  };
  const factor = need('factor', rope.factor);
  if (type === 'linear') return { ropeTheta, ropeScaling: { type, factor } };
  return {
    ropeTheta,
    ropeScaling: {
      type,
      factor,
      lowFreqFactor: need('low_freq_factor', rope.low_freq_factor),
      highFreqFactor: need('high_freq_factor', rope.high_freq_factor),
      originalMaxPositionEmbeddings: rope.original_max_position_embeddings ?? fields.max_position_embeddings,
    },
  };
}

/** Share of a head that is turned, from whichever place names it; 1 where none does. */
export function partialRotaryFactor(fields: RawConfig): number {
  const rope = fields.rope_parameters ?? fields.rope_scaling;
  return rope?.partial_rotary_factor ?? rope?.full_attention?.partial_rotary_factor ?? fields.partial_rotary_factor ?? 1;
}
