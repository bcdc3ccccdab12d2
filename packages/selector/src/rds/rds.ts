/**
 * RDS+, representation-based data selection (Ivison et al. 2025, arXiv 2503.01807, section 3 and algorithm 1): rows whose hidden states look like
 * those of the query rows, here the trusted ones.
 *
 *     e(x) = sum_t w_t h(x)_t,  w_t = t / sum of t over all tokens of prompt and answer      s(x, q) = cos(e(x), e(q))
 *
 * h: the last hidden states, after the final norm (`layer`). `pooling` has the other averages of the reference code, and those over the answer alone.
 * `selection` says how the similarities to the query rows become one order:
 *   `round-robin` (default; algorithm 1, `get_top_influences` of the code): query rows take turns, each takes the row most similar to it.
 *       score = -round + (1 + max_q s) / 4: by the round in which the row is taken (round-robin.ts), within a round by similarity.
 *   `max`: score = max_q s.
 * Columns: `max_similarity`, and `round` with round robin.
 *
 * Cost: one forward pass over the pool and the trusted rows. Memory: 8 bytes a row, with round robin 4 more for each trusted row; 12 D a trusted row.
 *
 * Differs from the reference: batches of any size (padding has weight 0; there a batch is one row); f32, not bf16; the run's template and length;
 * within a round the more similar row comes first, not that of the earlier query row, so that no order of a file decides; only `max` scores rows that
 * were not in the pool, since a round is a rank within it.
 */
import { z } from 'zod';
import { ConfigError } from '@pharmacist/core';
import type { TokenizedRow } from '@pharmacist/language-model';
import { defineSelector } from '../define-selector.ts';
import { tokensOf } from '../selector.ts';
import { anchorRows } from '../states/anchor-rows.ts';
import { mapRows, type RowPass } from '../row-maps/map-rows.ts';
import { pooledStates } from '../states/pooled-states.ts';
import { stateLayer } from '../states/state-layer.ts';
import { roundsTaken } from './round-robin.ts';
import { similarityMap } from './similarity-map.ts';

const config = z.strictObject({
  pooling: z.enum(['weighted-mean', 'mean', 'last', 'answer-mean', 'answer-last']).default('weighted-mean'),
  /** After which block, from 1, or `normed`: after the last and the final norm. */
  layer: stateLayer.default('normed'),
  selection: z.enum(['max', 'round-robin']).default('round-robin'),
});

/** Similarities that a round robin keeps at most: 2 GB. */
const MOST_SIMILARITIES = 500_000_000;

export const rds = defineSelector({
  name: 'rds',
  summary: 'similarity of hidden states to those of the trusted rows, later tokens weighing more (RDS+)',
  source: 'arXiv 2503.01807, section 3',
  cost: 'forward',
  passes: '1 forward pass',
  needs: () => ['trusted'],
  rowBytes: ({ selection }, { numTrusted }) => 128 + (selection === 'max' ? 0 : 4 * numTrusted),
  config,
  async fit(context, { pooling, layer, selection }) {
    const request = { layers: [layer], poolings: [pooling] };
    const trusted = anchorRows(context, 'trusted', 'rds');
    if (selection === 'round-robin') checkRoom(context.pool.length, trusted.length);
    const queries = await pooledStates(context, { rows: trusted, name: 'rds-queries', phase: 'RDS+: states of trusted rows' }, request);
    const similarities = async (rows: readonly TokenizedRow[], pass: Omit<RowPass, 'rows'>, numKept: number) => {
      const parameters = { meta: { layer, pooling, numKept }, arrays: { queries: queries.of(layer, pooling) } };
      const { arrays } = await mapRows(context, { ...pass, rows }, similarityMap, { parameters });
      return { best: arrays['best'] as Float64Array, all: arrays['all'] as Float32Array };
    };
    const rows = tokensOf(context.pool);
    const pass = { name: 'rds-similarities', phase: 'RDS+: similarities' };
    if (selection === 'max') {
      const { best } = await similarities(rows, pass, 0);
      return {
        scores: best,
        columns: { max_similarity: best },
        score: async (unseen) => (await similarities(tokensOf(unseen), { phase: pass.phase }, 0)).best,
      };
    }
    const { best, all } = await similarities(rows, pass, trusted.length);
    const round = await roundsTaken(context, all, trusted.length);
    return { scores: round.map((taken, i) => (1 + best[i]!) / 4 - taken), columns: { max_similarity: best, round } };
  },
});

/** @throws {ConfigError} if a round robin would keep too much. */
function checkRoom(numRows: number, numQueries: number): void {
  if (numRows * numQueries > MOST_SIMILARITIES) {
    throw new ConfigError(`a round robin of ${numQueries} trusted rows over ${numRows} rows would keep a similarity for each pair`, {
      where: 'selection',
      hint: `take selection=max, or fewer than ${Math.floor(MOST_SIMILARITIES / numRows)} trusted rows`,
    });
  }
}
