/**
 * DataShield (arXiv 2606.00160, sections 3 and 4): how far a row's answer moves the states, from where its prompt leaves them, towards compliance.
 *
 *     v_l = unit(mean of a_l over compliant answers - mean of a_l over refusing answers)      a_l = mean state of the answer's tokens at layer l
 *     l = argmax of the compliance-aware score  v' S_b v / v' S_t v                           (compliance.ts)
 *     shift(x) = <a_l(x), v_l> - <p_l(x), v_l>                                                p_l = state of the last prompt token
 *     score(x) = -shift(x)
 *
 * There a high shift marks a row of a benign pool that degrades safety; here the sign turns, so that high is safe. Column `compliance_shift` is the
 * shift; notes `layer` and `layerScores`. `numAnchors` (100) of each kind are taken at most; `layer` fixes the layer.
 *
 * Cost: one forward pass over the pool and one over the anchors, at all layers. Memory: 8 bytes a row; 4 D L an anchor.
 *
 * Differs from the reference: refusing answers are those of the trusted rows and compliant ones those of the harmful rows, mostly to other prompts,
 * where one prompt has both there; the layer is scored on the states that make v, not on the last token of a question that offers both answers;
 * layers 1 to L in the residual stream (the embeddings are left out, and the last layer is taken before the final norm); a row that has no answer or no
 * prompt goes last, where the code gives it the score 0; f32, not bf16.
 */
import { z } from 'zod';
import type { TokenizedRow } from '@pharmacist/language-model';
import { defineSelector } from '../define-selector.ts';
import { tokensOf } from '../selector.ts';
import { belowOthers } from '../below-others.ts';
import { anchorRows } from '../states/anchor-rows.ts';
import { mapRows, type RowPass } from '../row-maps/map-rows.ts';
import { pooledStates } from '../states/pooled-states.ts';
import { searchedLayer, type StateLayer } from '../states/state-layer.ts';
import { complianceLayer } from './compliance-layer.ts';
import { shiftMap } from './shift-map.ts';

const config = z.strictObject({
  /** After which block, from 1, or `normed`: after the last and the final norm; `search` takes the one of the largest compliance-aware score. */
  layer: searchedLayer.default('search'),
  /** Trusted and harmful rows, of each at most. */
  numAnchors: z.int().min(1).default(100),
});

export const datashield = defineSelector({
  name: 'datashield',
  summary: 'how little an answer moves hidden states from refusing to compliant ones (DataShield)',
  source: 'arXiv 2606.00160, sections 3 and 4',
  cost: 'forward',
  passes: '1 forward pass',
  needs: () => ['trusted', 'harmful'],
  config,
  async fit(context, { layer: wanted, numAnchors }) {
    const refusing = anchorRows(context, 'trusted', 'datashield', numAnchors);
    const compliant = anchorRows(context, 'harmful', 'datashield', numAnchors);
    const all = Array.from({ length: context.model.config.numLayers }, (_, l) => l + 1);
    const layers: readonly StateLayer[] = wanted === 'search' ? all : [wanted];
    const anchorPass = { rows: [...refusing, ...compliant], name: 'datashield-anchors', phase: 'DataShield: states of anchors' };
    const anchors = await pooledStates(context, anchorPass, { layers, poolings: ['answer-mean'] });
    const { layer, direction, layerScores } = complianceLayer(anchors, layers, refusing.length);
    context.note('layer', layer);
    context.note('layerScores', layerScores);

    const parameters = { meta: { layer }, arrays: { direction } };
    const shifts = async (rows: readonly TokenizedRow[], pass: Omit<RowPass, 'rows'>): Promise<Float64Array> =>
      (await mapRows(context, { ...pass, rows }, shiftMap, { parameters })).arrays['shift'] as Float64Array;
    // Without a prompt there is no state before the answer: such a row goes last.
    const scoresOf = (found: Float64Array) =>
      belowOthers(
        found.map((value) => -value),
        (i) => Number.isNaN(found[i]),
      );
    const phase = 'DataShield: shifts of the rows';
    const shift = await shifts(tokensOf(context.pool), { name: 'datashield-rows', phase });
    return {
      scores: scoresOf(shift),
      columns: { compliance_shift: shift },
      score: async (rows) => scoresOf(await shifts(tokensOf(rows), { phase })),
    };
  },
});
