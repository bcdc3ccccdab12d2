/**
 * The BPE merges that give the same segmentation as a SentencePiece BPE model: every way to split a piece into two pieces, best score first;
 * among equals in the order of the vocabulary, then of the parts. The rule of the converter in transformers (`generate_merges`).
 * @param pieces tokens that text can be made of, by id; @param scores higher merges first.
 */
export function mergesFromScores(pieces: ReadonlyMap<string, number>, scores: readonly number[]): [string, string][] {
  const merges: { left: string; right: string; score: number; sizes: [number, number] }[] = [];
  for (const [piece, id] of pieces) {
    const characters = Array.from(piece);
    const local = [];
    for (let i = 1; i < characters.length; i++) {
      const left = characters.slice(0, i).join('');
      const right = characters.slice(i).join('');
      if (pieces.has(left) && pieces.has(right)) {
        local.push({ left, right, score: scores[id]!, sizes: [i, characters.length - i] as [number, number] });
      }
    }
    local.sort((x, y) => pieces.get(x.left)! - pieces.get(y.left)! || pieces.get(x.right)! - pieces.get(y.right)!);
    merges.push(...local);
  }
  merges.sort((x, y) => y.score - x.score || y.sizes[0] - x.sizes[0] || y.sizes[1] - x.sizes[1]);
  return merges.map(({ left, right }) => [left, right]);
}
