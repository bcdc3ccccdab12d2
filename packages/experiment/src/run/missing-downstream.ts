const NEEDED_DATA = ['harmful', 'attackHarmful', 'task', 'harmfulPrompts'] as const;
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
