/**
 * LARF, layer-aware representation filtering (arXiv 2507.18631, sections 3 and 4): is a row's state at one safety-sensitive layer nearer to safe or to
 * unsafe anchors?
 *
 *     r(x) = h_l(x) at the last token of the whole text
 *     score(x) = mean of the `top` largest, over pairs j, of cos(r(x), r(s_j)) - cos(r(x), r(u_j))
 *
 * s_j: trusted rows, u_j: harmful rows, `numAnchors` (100) of each at most and equally many. There the two cosines change places and a high score marks
 * a row of a benign pool that degrades safety; here high is safe. With no more pairs than `top` (100, the default) that is a change of sign.
 *
 * Layer: the paper scales each layer's weights by 1.1 and takes the layer at which refusals of over-rejection prompts change most (14 of 32 in
 * Llama-3.1-8B). Here nothing is generated: with each layer scaled by `scale`, the loss margin of harmful over trusted answers is taken, and the layer
 * that widens it most is (sensitive-layer.ts). `layer` fixes it. Notes `layer` and `marginChanges`; columns `safe_similarity`, `unsafe_similarity`, means.
 *
 * Cost: one forward pass over the pool, one over the anchors, and L + 1 over them for the layer. Memory: 24 bytes a row; 12 D an anchor.
 *
 * Differs from the reference: which anchor goes with which is a matter of the file's order there; here both lists are in the order of their texts'
 * hashes and cut to one length. f32, not bf16; the run's template, whose text ends with the end-of-text token.
 */
import { z } from 'zod';
import type { TokenizedRow } from '@pharmacist/language-model';
import { defineSelector } from '../define-selector.ts';
import { tokensOf } from '../selector.ts';
import { anchorRows } from '../states/anchor-rows.ts';
import { mapRows, type RowPass } from '../row-maps/map-rows.ts';
import { pooledStates } from '../states/pooled-states.ts';
import { searchedLayer } from '../states/state-layer.ts';
import { pairedCosineMap } from './paired-cosines.ts';
import { sensitiveLayer } from './sensitive-layer.ts';

const count = z.int().min(1);

const config = z.strictObject({
  /** After which block, from 1, or `normed`: after the last and the final norm; `search` looks for it. */
  layer: searchedLayer.default('search'),
  /** What the search multiplies the weights of a layer by. */
  scale: z.number().gt(0).default(1.1),
  /** Anchors of each kind at most. */
  numAnchors: count.default(100),
  /** Differences that are averaged. */
  top: count.default(100),
});

export const larf = defineSelector({
  name: 'larf',
  summary: 'last state at a safety-sensitive layer: nearer to trusted rows than to harmful ones (LARF)',
  source: 'arXiv 2507.18631, section 4',
  cost: 'forward',
  passes: '1 forward pass, and L + 1 over 200 rows that choose the layer',
  needs: () => ['trusted', 'harmful'],
  config,
  async fit(context, { layer: wanted, scale, numAnchors, top }) {
    const [trusted, harmful] = [anchorRows(context, 'trusted', 'larf', numAnchors), anchorRows(context, 'harmful', 'larf', numAnchors)];
    const numPairs = Math.min(trusted.length, harmful.length);
    const [safe, unsafe] = [trusted.slice(0, numPairs), harmful.slice(0, numPairs)];
    const { layer, changes } = wanted === 'search' ? await sensitiveLayer(context, { safe, unsafe, scale }) : { layer: wanted };
    context.note('layer', layer);
    if (changes !== undefined) context.note('marginChanges', changes);

    const anchorPass = { rows: [...safe, ...unsafe], name: 'larf-anchors', phase: 'LARF: states of anchors' };
    const anchors = await pooledStates(context, anchorPass, { layers: [layer], poolings: ['last'] });
    const parameters = { meta: { layer, top }, arrays: { anchors: anchors.of(layer, 'last') } };
    const compared = async (rows: readonly TokenizedRow[], pass: Omit<RowPass, 'rows'>) => {
      const { arrays } = await mapRows(context, { ...pass, rows }, pairedCosineMap, { parameters });
      return arrays as Readonly<Record<'difference' | 'safe_similarity' | 'unsafe_similarity', Float64Array>>;
    };
    const phase = 'LARF: comparing rows with anchors';
    const { difference, ...columns } = await compared(tokensOf(context.pool), { name: 'larf-rows', phase });
    return {
      scores: difference,
      columns,
      score: async (rows) => (await compared(tokensOf(rows), { phase })).difference,
    };
  },
});
