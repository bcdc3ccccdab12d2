import type { RunConfig } from './config-schema.ts';

type Data = RunConfig['data'];
type Required = 'harmful' | 'attackHarmful' | 'task' | 'harmfulPrompts';

/** What a configuration says about the stages after the selection. */
export interface Downstream {
  readonly alignment: NonNullable<RunConfig['alignment']>;
  readonly attack: NonNullable<RunConfig['attack']>;
  readonly evaluation: NonNullable<RunConfig['evaluation']>;
  readonly data: Data & { readonly [Name in Required]: NonNullable<Data[Name]> };
}

/** The stages after the selection; undefined for a configuration that only ranks. */
export function downstreamOf({ alignment, attack, evaluation, data }: RunConfig): Downstream | undefined {
  const { harmful, attackHarmful, task, harmfulPrompts } = data;
  if (alignment === undefined || attack === undefined || evaluation === undefined) return undefined;
  if (harmful === undefined || attackHarmful === undefined || task === undefined || harmfulPrompts === undefined) return undefined;
  return { alignment, attack, evaluation, data: { ...data, harmful, attackHarmful, task, harmfulPrompts } };
}
