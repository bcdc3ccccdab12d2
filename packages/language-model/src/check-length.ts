import { ConfigError } from '@pharmacist/core';

export interface LengthLimit {
  /** Name of the model. */
  readonly model: string;
  /** Most tokens of a sequence; see `mostTokens`. */
  readonly mostTokens: number;
  /** The setting that asks for the length. */
  readonly where: string;
}

/** @throws {ConfigError} if a model cannot hold sequences of this many tokens. */
export function checkLength(numTokens: number, { model, mostTokens, where }: LengthLimit): void {
  if (numTokens <= mostTokens) return;
  throw new ConfigError(`${numTokens} tokens exceed the ${mostTokens} positions of the model ${model}`, {
    where,
    hint: `use at most ${mostTokens}`,
  });
}

/** @throws {ConfigError} if a model cannot write this many tokens after the shortest prompt, one token. */
export function checkNewTokens(maxNewTokens: number, { model, mostTokens, where }: LengthLimit): void {
  if (maxNewTokens + 1 <= mostTokens) return;
  throw new ConfigError(`${maxNewTokens} new tokens after a prompt exceed the ${mostTokens} positions of the model ${model}`, {
    where,
    hint: `use at most ${mostTokens - 1}`,
  });
}
