import type { RawConfig, RopeFields } from './config-schema.ts';
import type { Rope, RopeScaling } from './families/model-family.ts';

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
  const ropeScaling = readScaling(fields, rope, spelling, problems);
  return ropeScaling === undefined ? { ropeTheta } : { ropeTheta, ropeScaling };
}

function readScaling(fields: RawConfig, rope: RopeFields, spelling: string, problems: string[]): RopeScaling | undefined {
  const written = rope.rope_type ?? rope.type ?? 'default';
  // `su` is longrope's old name, and some files of Phi-3 say yarn and mean it.
  const type = written === 'su' || (written === 'yarn' && rope.short_factor != null) ? 'longrope' : written;
  if (type === 'default') return undefined;
  const need = <T>(name: keyof RopeFields, value: T | null | undefined, otherwise: T): T => {
    if (value == null) problems.push(`${spelling}.${name} is missing; rope type ${type} needs it`);
    return value ?? otherwise;
  };
  const maxPositions = fields.max_position_embeddings;
  const original = fields.original_max_position_embeddings ?? rope.original_max_position_embeddings ?? maxPositions;
  if (type === 'longrope') {
    const factor = rope.factor ?? maxPositions / original;
    const sharpened = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(original));
    return {
      type,
      attentionFactor: rope.attention_factor ?? sharpened,
      shortFactors: need('short_factor', rope.short_factor, []),
      longFactors: need('long_factor', rope.long_factor, []),
      originalMaxPositionEmbeddings: original,
    };
  }
  if (type === 'yarn') {
    const factor = rope.factor ?? maxPositions / original;
    return {
      type,
      factor,
      attentionFactor: rope.attention_factor ?? yarnAttentionFactor(factor, rope),
      betaFast: rope.beta_fast ?? 32,
      betaSlow: rope.beta_slow ?? 1,
      isTruncated: rope.truncate ?? true,
      originalMaxPositionEmbeddings: original,
    };
  }
  const factor = need('factor', rope.factor, 1);
  if (type === 'linear') return { type, factor };
  // As in transformers, whatever `original_max_position_embeddings` says.
  if (type === 'dynamic') return { type, factor, originalMaxPositionEmbeddings: maxPositions };
  return {
    type,
    factor,
    lowFreqFactor: need('low_freq_factor', rope.low_freq_factor, 1),
    highFreqFactor: need('high_freq_factor', rope.high_freq_factor, 1),
    originalMaxPositionEmbeddings: rope.original_max_position_embeddings ?? maxPositions,
  };
}

/** Peng et al. 2023, eq. 22, and DeepSeek's ratio of two such factors. */
function yarnAttentionFactor(factor: number, { mscale, mscale_all_dim: mscaleAllDim }: RopeFields): number {
  const sharpened = (scale: number) => (factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1);
  return mscale != null && mscaleAllDim != null ? sharpened(mscale) / sharpened(mscaleAllDim) : sharpened(1);
}

/** What is wrong with factors for so many dimensions: lists have one a frequency. */
export function factorProblems({ ropeScaling }: Rope, rotaryDim: number): string[] {
  if (ropeScaling?.type === 'dynamic') {
    if (ropeScaling.factor < 1) return [`rope type dynamic has the factor ${ropeScaling.factor}; it must be at least 1`];
    return rotaryDim > 2 ? [] : ['rope type dynamic needs more than one angle a head'];
  }
  if (ropeScaling?.type !== 'longrope') return [];
  const { attentionFactor, originalMaxPositionEmbeddings: original } = ropeScaling;
  if (!Number.isFinite(attentionFactor))
    return [`original_max_position_embeddings is ${original}, from which no factor of attention follows`];
  const lists = { short_factor: ropeScaling.shortFactors, long_factor: ropeScaling.longFactors };
  return Object.entries(lists).flatMap(([name, { length }]) =>
    length === 0 || length === rotaryDim / 2 ? [] : [`${name} has ${length} numbers, but ${rotaryDim / 2} angles are to be stretched`],
  );
}

/** Share of a head that is turned, from whichever place names it; 1 where none does. */
export function partialRotaryFactor(fields: RawConfig): number {
  const rope = fields.rope_parameters ?? fields.rope_scaling;
  return rope?.partial_rotary_factor ?? rope?.full_attention?.partial_rotary_factor ?? fields.partial_rotary_factor ?? 1;
}
