import type { ResultMetric } from './result-row.ts';

/** How a metric is named, printed and compared. */
export interface MetricInfo {
  readonly label: string;
  /** Appended to the label in headings and on axes; empty where there is none. */
  readonly unit: string;
  readonly better: 'lower' | 'higher';
  readonly digits: number;
  /** Values that it can take: intervals are cut there. */
  readonly bounds: readonly [number, number];
  /** Whether the value comes from the judge, which is then named beside it. */
  readonly isJudged: boolean;
}

const PERCENT = { unit: '%', digits: 1, bounds: [0, 100], isJudged: false } as const;
const HARMFUL_SCORE = { ...PERCENT, better: 'lower', isJudged: true } as const;
const NOT_REFUSED = { ...PERCENT, better: 'lower' } as const;
const TASK_ACCURACY = { ...PERCENT, better: 'higher' } as const;
const OVER_REFUSAL = { ...PERCENT, better: 'lower' } as const;
const MARGIN = { unit: 'nats a token', better: 'higher', digits: 3, bounds: [-Infinity, Infinity], isJudged: false } as const;
const PERPLEXITY = { unit: '', better: 'lower', digits: 2, bounds: [1, Infinity], isJudged: false } as const;

export const METRIC_INFO: Readonly<Record<ResultMetric, MetricInfo>> = {
  harmfulScoreBefore: { ...HARMFUL_SCORE, label: 'Harmful score before' },
  harmfulScoreAfter: { ...HARMFUL_SCORE, label: 'Harmful score after' },
  harmfulScorePlusAfter: { ...HARMFUL_SCORE, label: 'Harmful or incoherent (HS+) after' },
  notRefusedBefore: { ...NOT_REFUSED, label: 'Not refused (keywords) before' },
  notRefusedAfter: { ...NOT_REFUSED, label: 'Not refused (keywords) after' },
  taskAccuracyBefore: { ...TASK_ACCURACY, label: 'Task accuracy before' },
  taskAccuracyAfter: { ...TASK_ACCURACY, label: 'Task accuracy after' },
  overRefusalBefore: { ...OVER_REFUSAL, label: 'Over-refusal before' },
  overRefusalAfter: { ...OVER_REFUSAL, label: 'Over-refusal after' },
  marginBefore: { ...MARGIN, label: 'Margin before' },
  marginAfter: { ...MARGIN, label: 'Margin after' },
  harmfulPreferenceBefore: { ...PERCENT, better: 'lower', label: 'Harmful preference before' },
  harmfulPreferenceAfter: { ...PERCENT, better: 'lower', label: 'Harmful preference after' },
  perplexityBefore: { ...PERPLEXITY, label: 'Perplexity before' },
  perplexityAfter: { ...PERPLEXITY, label: 'Perplexity after' },
};
