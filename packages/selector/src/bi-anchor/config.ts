import { z } from 'zod';

const count = z.int().min(1);

/** Options of bidirectional anchoring; where the reference differs, bi-anchor.ts says so. */
export const biAnchorConfig = z.strictObject({
  /** What rows and anchors are compared by: gradients by a LoRA, or hidden states at the last token. */
  form: z.enum(['gradients', 'representations']).default('gradients'),
  /** Answer tokens of an anchor row that its gradient is taken over; a pool row's is over its whole answer. For `gradients`. */
  anchorTokens: count.default(10),
  /** Weight of the trusted anchor against the harmful one: 2 stands for the two safe sets of the reference. For `gradients`. */
  trustedWeight: z.number().gt(0).default(2),
  /** Rank of the LoRA whose gradients are compared. It has no alpha here: cosines do not see it. For `gradients`. */
  loraRank: count.default(8),
  /** Anchor rows whose cosines are averaged: the nearest ones of each set. For `representations`. */
  numNearest: count.default(1),
});

export type BiAnchorConfig = z.infer<typeof biAnchorConfig>;
