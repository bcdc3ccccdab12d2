import { createAdapter } from '@pharmacist/language-model';
import { meanGradientDirection } from '../gradients/directions.ts';
import { influencesOf } from '../gradients/influences.ts';
import type { SelectionContext } from '../selector.ts';
import type { BiAnchorConfig } from './config.ts';
import { firstAnswerTokens } from './first-tokens.ts';
import type { Anchors, NearnessOf } from './nearness.ts';

/**
 * The mean cosine of a row's gradient with those of an anchor's rows, which is <g_i, mean of the anchor's unit gradients> / |g_i|. The anchors
 * are read now, in one forward and one backward pass over their first tokens, and the rows in one each.
 */
export async function gradientNearness(
  context: SelectionContext,
  { anchorTokens, loraRank: rank }: BiAnchorConfig,
  anchors: Anchors,
): Promise<NearnessOf> {
  const { model, random } = context;
  const seed = random.split('adapter').integer(2 ** 31);
  const adapter = createAdapter(model.config, { rank, alpha: rank, baseModelName: model.name }, seed);
  const meanUnitGradient = async (role: keyof Anchors) =>
    await meanGradientDirection(context, {
      model,
      adapter,
      rows: anchors[role].map((row) => firstAnswerTokens(row, anchorTokens)),
      phase: `Gradients of the ${role} rows`,
      unit: 'rows',
    });
  const directions = { trusted: await meanUnitGradient('trusted'), harmful: await meanUnitGradient('harmful') };
  return async (pass) => {
    const { cosines, loss } = await influencesOf(context, { ...pass, model, adapter, directions });
    return { trusted: cosines['trusted']!, harmful: cosines['harmful']!, loss };
  };
}
