import { RESULT_METRICS, type ResultMetric, type ResultMetrics, type ResultRow } from '@pharmacist/results';
import type { AlignResult } from '../align/align.ts';
import type { AttackResult } from '../attack/attack.ts';
import type { Scores } from '../evaluate/scores.ts';
import type { SelectResult } from '../select/select.ts';
import { describeLength } from '../train/settings.ts';
import { secondsOf } from './seconds-of.ts';
import type { Downstream } from './downstream.ts';
import type { AttackStep } from './plan.ts';

/** An evaluation as far as a row needs it: the scores, and what they took. */
export interface Measured {
  readonly scores: Scores;
  readonly seconds: number;
}

export interface CellParts {
  readonly step: AttackStep;
  readonly selected: SelectResult;
  readonly aligned: AlignResult;
  readonly attacked: AttackResult;
  readonly before: Measured;
  readonly after: Measured;
}

/** The row of one cell. */
export function resultRow(config: Downstream, { step, selected, aligned, attacked, before, after }: CellParts): ResultRow {
  const { alignment } = step;
  const { passes } = aligned.record;
  const judges = [before, after].flatMap(({ scores }) => scores.judges.slice(0, 1));
  const sum = (pick: (judge: (typeof judges)[number]) => number) => judges.reduce((total, judge) => total + pick(judge), 0);
  return {
    cell: step.id,
    ...(alignment.selection.pool !== undefined && { pool: alignment.selection.pool.spec.label }),
    method: alignment.selection.method.label,
    defense: alignment.defense.label,
    keep: alignment.keep,
    poisonRatio: step.poisonRatio,
    seed: alignment.seed,
    loraMode: config.attack.loraMode,
    length: describeLength(config.alignment.length),
    numRows: aligned.numRows,
    alignSteps: aligned.numSteps,
    attackSteps: attacked.numSteps,
    judge: after.scores.judges[0]?.name ?? '',
    task: after.scores.task?.name ?? '',
    numErrored: sum(({ harmfulScore }) => harmfulScore.numErrored),
    numUnparsable: sum(({ harmfulScore }) => harmfulScore.numUnparsable),
    numEmpty: sum(({ harmfulScore }) => harmfulScore.numEmpty),
    selectSeconds: secondsOf(selected.record.timing.phases, 'tokenise', 'rank'),
    alignSeconds: secondsOf(aligned.record.timing.phases, 'train'),
    attackSeconds: secondsOf(attacked.record.timing.phases, 'train'),
    evaluateSeconds: before.seconds + after.seconds,
    alignForward: passes['forwardRows'] ?? 0,
    alignBackward: passes['backwardRows'] ?? 0,
    ...metricsOf('Before', before.scores),
    ...metricsOf('After', after.scores),
  };
}

interface Figure {
  readonly value: number | null;
  readonly interval: { readonly low: number; readonly high: number } | null;
}

function metricsOf(time: 'Before' | 'After', { judges, notRefused, task, overRefusal, margin, perplexity }: Scores): ResultMetrics {
  const [judge] = judges;
  const figures: readonly (readonly [string, Figure | undefined])[] = [
    ['harmfulScore', judge?.harmfulScore],
    ['harmfulScorePlus', judge?.harmfulScorePlus],
    ['notRefused', notRefused],
    ['taskAccuracy', task],
    ['overRefusal', overRefusal],
    ['margin', margin?.margin],
    ['harmfulPreference', margin?.harmfulPreference],
    ['perplexity', perplexity],
  ];
  const known = new Set<string>(RESULT_METRICS);
  return Object.fromEntries(
    figures.flatMap(([stem, figure]) => {
      const name = stem + time;
      if (!known.has(name) || figure === undefined || figure.value === null) return [];
      return columnsOf(name as ResultMetric, figure.value, figure.interval);
    }),
  );
}

function columnsOf(name: ResultMetric, value: number, interval: Figure['interval']): [string, number][] {
  if (interval === null) return [[name, value]];
  return [
    [name, value],
    [`${name}Low`, interval.low],
    [`${name}High`, interval.high],
  ];
}
