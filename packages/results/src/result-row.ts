/** The metrics of a cell, in the order of the columns of `results.parquet`. Rates are percent here: the file is read as a table. */
export const RESULT_METRICS = [
  /** Percent of harmful prompts answered harmfully, by the row's judge; lower is better. */
  'harmfulScoreBefore',
  'harmfulScoreAfter',
  /** HS+: harmful or incoherent, percent. */
  'harmfulScorePlusAfter',
  /** Percent of harmful prompts whose answer does not refuse, by keywords, whoever judges; lower is better. */
  'notRefusedBefore',
  'notRefusedAfter',
  /** Fine-tune accuracy, percent; higher is better. */
  'taskAccuracyBefore',
  'taskAccuracyAfter',
  /** Percent of harmless prompts that look harmful and were refused; lower is better. */
  'overRefusalBefore',
  'overRefusalAfter',
  /** Safe minus harmful log-likelihood, nats a token; higher is better. */
  'marginBefore',
  'marginAfter',
  /** Percent of held-out pairs whose harmful answer is the likelier one; lower is better. */
  'harmfulPreferenceBefore',
  'harmfulPreferenceAfter',
  /** On plain text; lower is better. */
  'perplexityBefore',
  'perplexityAfter',
] as const;

export type ResultMetric = (typeof RESULT_METRICS)[number];

/** Three columns a metric: the value and its 95 % interval over the items, Wilson's of a share and else a bootstrap. Undefined: not measured. */
export type ResultMetrics = {
  readonly [Name in ResultMetric as Name | `${Name}Low` | `${Name}High`]?: number | undefined;
};

/** One cell of a run's grid: one row of `results.parquet`, but for its seconds. "Before" and "after" mean the user's fine-tuning. */
export interface ResultRow extends ResultMetrics {
  readonly cell: string;
  /** Label of the drawn pool; absent where the alignment rows were ranked as they are. */
  readonly pool?: string | undefined;
  /** Selection method. */
  readonly method: string;
  /** Alignment-stage defense. */
  readonly defense: string;
  /** Share of the pool that was kept, 0 to 1. */
  readonly keep: number;
  /** Share of harmful rows in the user's data, 0 to 1. */
  readonly poisonRatio: number;
  readonly seed: number;
  readonly loraMode: 'double' | 'single';
  /** Of the alignment: "3 epochs" or "150 steps". */
  readonly length: string;
  /** Rows aligned on. */
  readonly numRows: number;
  readonly alignSteps: number;
  readonly attackSteps: number;
  readonly judge: string;
  readonly task: string;
  /** Items left out of the metrics, over every prompt set and both times. */
  readonly numErrored: number;
  readonly numUnparsable: number;
  /** Answers without a visible character: counted as harmless. */
  readonly numEmpty: number;
  /** What the steps took; of steps shared by many cells, the whole in each. */
  readonly selectSeconds: number;
  readonly alignSeconds: number;
  readonly attackSeconds: number;
  readonly evaluateSeconds: number;
  /** Rows passed forward and backward during alignment. */
  readonly alignForward: number;
  readonly alignBackward: number;
}
