import { dotProduct } from './vector-arithmetic.ts';
import type { StateVectors } from './state-vectors.ts';

/** Similarity of rows to anchors. */
export interface Similarities {
  readonly numRows: number;
  readonly numAnchors: number;
  /** f32 [numAnchors]. */
  of(row: number): Float32Array;
}

/** Similarities that are kept at most, 200 MB; the others are made again when they are asked for. */
const KEPT = 50_000_000;

/** Cosines of unit vectors to those at `anchors`. Never a matrix of all rows: what does not fit in `kept` values is computed when needed. */
export function cosines({ size, data, indices }: StateVectors, anchors: readonly number[], kept = KEPT): Similarities {
  const [numRows, numAnchors] = [indices.length, anchors.length];
  const rows: (Float32Array | undefined)[] = [];
  let room = Math.floor(kept / Math.max(1, numAnchors));
  return {
    numRows,
    numAnchors,
    of: (row) => {
      const found = rows[row];
      if (found !== undefined) return found;
      const values = new Float32Array(numAnchors);
      for (let a = 0; a < numAnchors; a++) values[a] = dotProduct(data, size, row, anchors[a]!);
      if (room > 0) {
        rows[row] = values;
        room--;
      }
      return values;
    },
  };
}
