/** 1 / (1 + exp(-logOdds)): the probability. */
export function sigmoid(logOdds: number): number {
  return 1 / (1 + Math.exp(-logOdds));
}

/** ln(1 + exp(x)), in the form that cannot overflow: the log-loss of a label against log-odds of -x. */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}
