import { defineSelector } from '../define-selector.ts';
import { type PoolRow, tokensOf } from '../selector.ts';
import { anchorRows } from '../states/anchor-rows.ts';
import { biAnchorConfig } from './config.ts';
import { contrast } from './contrast.ts';
import { gradientNearness } from './gradient-nearness.ts';
import { stateNearness } from './state-nearness.ts';

/**
 * Bidirectional anchoring (He, Xia & Henderson 2024, arXiv 2404.01099, section 3; the arithmetic is that of its code). Rows are held against
 * two anchors, trusted rows T (harmful prompt, safe answer) and harmful rows U. The paper looks for benign rows that degrade safety, high = harmful;
 * a safety set keeps the opposite, so the sign is turned: high = safe.
 *
 *   gradients:        score_i = trustedWeight cos(g_i, T) - cos(g_i, U),   cos(g, A) = mean over a in A of <g, u_a> / (|g| |u_a|)
 *   representations:  score_i = near(h_i, T) - near(h_i, U),               near(h, A) = mean of the numNearest largest cos(h, h_a), a in A
 *
 * g_i = gradient of the row's mean loss over the whole answer, u_a = that of an anchor row over its first `anchorTokens` (10) answer tokens: where
 * an answer refuses or complies shows there. h = state of the last layer, after the final norm, at the last token of the text.
 * Columns: `cosine_trusted` and `cosine_harmful` are the two sides, `loss` the mean answer NLL (gradients only). Rows never seen are scored, too.
 *
 * Cost: gradients, one forward and one backward pass over the pool and over the anchors' first tokens; representations, one forward pass over the
 * pool and the anchors, and N (|T| + |U|) D products. A few numbers a row are kept.
 *
 * Deviations of the gradients:
 * - Those by LoRA factors stand for those by all parameters. At a fresh adapter B = 0, so that A's vanish and B's are the gradients of the
 *   seven projections as seen through A, a random map of their inputs to `loraRank` dimensions: cosines estimate those of the full gradients
 *   of these weights, and the seed draws the map. Embeddings and norms have no part. Alpha would scale all alike. f32 (bf16 there).
 * - One trusted set, of weight 2, for two safe sets of weight 1 (two refusals to the same ten prompts there). The code's anchors are means of
 *   unit gradients that are not scaled to length 1 again, so a score is linear in them: two halves of one size add up to exactly this, however
 *   the set is parted, and nothing need be.
 * - Anchors are all rows given (the first 10 of each file there), in an order that their files have no part in.
 * - A row without an answer ranks last; in the code its score of 0 means invalid.
 *
 * Deviation of the representations: the published score is near(h_i, U) alone, with `avg_n` (1) for numNearest. Taken alone it finds what a safety
 * set has in common with harmful rows, their prompts; near(h_i, T) has that in common, too.
 */
export const biAnchor = defineSelector({
  name: 'bi-anchor',
  summary: 'nearness of gradients (or hidden states) to trusted rows against harmful rows: bidirectional anchoring',
  source: 'arXiv 2404.01099, section 3',
  cost: 'gradients',
  passes: '1 forward + 1 backward pass (1 forward pass with hidden states)',
  needs: () => ['harmful', 'trusted'],
  work: ({ form, loraRank }) => [form === 'gradients' ? { work: 'influences', loraRank } : { work: 'forward' }],
  config: biAnchorConfig,
  async fit(context, config) {
    const hasGradients = config.form === 'gradients';
    const trustedWeight = hasGradients ? config.trustedWeight : 1;
    const phase = `${hasGradients ? 'Gradients' : 'Hidden states'} of all rows against the anchors`;
    const anchors = { trusted: anchorRows(context, 'trusted', 'bi-anchor'), harmful: anchorRows(context, 'harmful', 'bi-anchor') };
    const nearnessOf = await (hasGradients ? gradientNearness : stateNearness)(context, config, anchors);
    const nearness = await nearnessOf({ rows: tokensOf(context.pool), name: 'bi-anchor', phase });
    const { trusted, harmful, loss } = nearness;
    return {
      scores: contrast(nearness, trustedWeight),
      columns: { cosine_trusted: trusted, cosine_harmful: harmful, ...(loss && { loss }) },
      score: async (rows: readonly PoolRow[]) => contrast(await nearnessOf({ rows: tokensOf(rows), phase }), trustedWeight),
    };
  },
});
