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

const NEEDED_DATA = ['harmful', 'attackHarmful', 'task', 'harmfulPrompts'] as const satisfies readonly Required[];
/** Data that only the stages after the selection read. */
const OWN_DATA = ['attackHarmful', 'task', 'harmfulPrompts', 'overRefusalPrompts', 'pairs', 'plainText'] as const;

type Stages = Partial<Record<'alignment' | 'attack' | 'evaluation', unknown>> & {
  readonly data: Readonly<Partial<Record<(typeof NEEDED_DATA | typeof OWN_DATA)[number], unknown>>>;
};

/** Paths of the settings that a configuration lacks which has some of them; none if it has all, or only ranks. */
export function missingDownstream({ alignment, attack, evaluation, data }: Stages): string[][] {
  const isAsked = [alignment, attack, evaluation, ...OWN_DATA.map((name) => data[name])].some((value) => value !== undefined);
  if (!isAsked) return [];
  return [
    ...(alignment === undefined ? [['alignment']] : []),
    ...(attack === undefined ? [['attack']] : []),
    ...NEEDED_DATA.filter((name) => data[name] === undefined).map((name) => ['data', name]),
  ];
}

/** The stages after the selection; undefined for a configuration that only ranks. */
export function downstreamOf({ alignment, attack, evaluation, data }: RunConfig): Downstream | undefined {
  const { harmful, attackHarmful, task, harmfulPrompts } = data;
  if (alignment === undefined || attack === undefined || evaluation === undefined) return undefined;
  if (harmful === undefined || attackHarmful === undefined || task === undefined || harmfulPrompts === undefined) return undefined;
  return { alignment, attack, evaluation, data: { ...data, harmful, attackHarmful, task, harmfulPrompts } };
}
