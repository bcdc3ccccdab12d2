import { Random } from '@pharmacist/core';
import { drawWithoutReplacement } from '@pharmacist/defenses';

/** So many that a share is known to one in a hundred. */
const NUM_DRAWS = 4000;

/** In what share of T-Vaccine's draws of `numActive` layers by these probabilities each layer is the lowest, over seeded draws. */
export function lowestLayerShares(probabilities: readonly number[], numActive: number): number[] {
  const random = new Random('lowest layer');
  const shares = probabilities.map(() => 0);
  for (let draw = 0; draw < NUM_DRAWS; draw++) {
    const [lowest] = drawWithoutReplacement(random.split(draw), probabilities, numActive);
    shares[lowest!]! += 1 / NUM_DRAWS;
  }
  return shares;
}

/** The mean of a quantity that depends on the lowest layer, round by round. @param values by lowest layer, then by round. */
export function expectedValues(shares: readonly number[], values: ReadonlyMap<number, readonly number[]>): number[] {
  const [first] = values.values();
  return first!.map((_, round) =>
    shares.reduce((sum, share, lowest) => (share === 0 ? sum : sum + share * values.get(lowest)![round]!), 0),
  );
}
