import type { MethodReliability } from '@pharmacist/results';
import { counted } from './format.ts';
import { formatTable } from './table.ts';

/** What each method says of its rows and what they are, two lines a method; undefined where no method gives probabilities. */
export function reliabilitySummary(reliabilities: readonly MethodReliability[]): string | undefined {
  if (reliabilities.length === 0) return undefined;
  return reliabilities.map(ofMethod).join('\n\n');
}

function ofMethod({ method, curve, numRows, numUnknown, ...figures }: MethodReliability): string {
  const says = ['', ...curve.map(({ meanPredicted }) => meanPredicted.toFixed(2))];
  const columns = says.map((title, j) => (j === 0 ? { title: `${method} says good` } : { title, align: 'right' as const }));
  const line = ['of them are good', ...curve.map(({ observedFrequency }) => observedFrequency.toFixed(2))];
  const [error, score, ofShare] = [figures.calibrationError, figures.brierScore, figures.brierScoreOfShare].map((one) => one.toFixed(3));
  const left = numUnknown === 0 ? '' : `; ${counted(numUnknown, 'row')} without a probability`;
  return (
    `${formatTable(columns, [line])}\n\n` +
    `${counted(numRows, 'row')} of all pools and seeds in tenths by probability${left}. Calibration error ${error},\n` +
    `Brier score ${score} (${ofShare} by always saying the pool's share of good rows).`
  );
}
