import { z } from 'zod';

/** Version of the form of run.json; a reader refuses a newer one. */
export const RUN_FORMAT_VERSION = 1;

const count = z.number().int().nonnegative();
const jsonObject = z.record(z.string(), z.unknown());

const runInputSchema = z.strictObject({
  /** What the input was used as: `alignment`, `harmful`, `model`. */
  role: z.string(),
  /** Where it was read from, as the user named it. A moved file with the same bytes is the same input. */
  source: z.string(),
  /** SHA-256 of its bytes, lower-case hexadecimal. */
  sha256: z.string(),
  bytes: count.optional(),
  /** What the name stood for where that is several files, or one of another name: the commit of a data set on the Hub is in it. */
  files: z.array(z.strictObject({ source: z.string(), sha256: z.string(), bytes: count })).optional(),
  /** Rows read, rows left out as invalid, and rows cut to the context length. */
  numRead: count.optional(),
  numSkipped: count.optional(),
  numTruncated: count.optional(),
});

const resultFileSchema = z.strictObject({ path: z.string(), bytes: count, sha256: z.string() });

/**
 * The form of run.json.
 *
 * Everything outside `timing` is a function of the command, its configuration, its inputs and the versions: a run that was killed and
 * continued ends with the same values there as one that was not. Except for what a summary says of the attempts themselves: the seconds of
 * `pharmacist run`, the requests of a judge behind an endpoint; and for the passes of `evaluate`, which counts none for answers that another
 * evaluation left in a cache they share.
 */
export const runRecordSchema = z.strictObject({
  formatVersion: z.literal(RUN_FORMAT_VERSION),
  command: z.string(),
  status: z.enum(['running', 'done', 'failed']),
  config: jsonObject,
  /** `config.seed`, repeated where it is easy to find; null if the command has none, or several as `run` does (`config.seeds`). */
  seed: z.union([z.number(), z.string(), z.null()]),
  /** By package; under `machine` what the run was made on. A run continued with others warns. */
  versions: z.record(z.string(), z.string()),
  /** The engine taken and why; null for commands that need none. */
  engine: z.unknown(),
  inputs: z.array(runInputSchema),
  /** Sums over the inputs. */
  counts: z.strictObject({ rowsRead: count, rowsSkipped: count, rowsTruncated: count }),
  /** Passes through the model by kind, for instance `{ forward: 120, backward: 40 }`; of `run` the sums over its steps. */
  passes: z.record(z.string(), z.number()),
  /** Facts that the command noted. */
  notes: jsonObject,
  /** The command's summary figures. */
  summary: jsonObject,
  results: z.array(resultFileSchema),
  /** Present if the status is `failed`. */
  error: z.strictObject({ code: z.string(), message: z.string() }).optional(),
  timing: z.strictObject({
    /** ISO 8601, UTC: the first attempt's start and the last one's end. */
    startedAt: z.string(),
    finishedAt: z.string().nullable(),
    attempts: count,
    /** Wall time in seconds over all attempts that opened the directory, each from its command's beginning, in total and by phase. */
    wallSeconds: z.number().nonnegative(),
    phases: z.record(z.string(), z.number()),
    /** Largest resident set of the process in any attempt, in bytes. */
    peakRssBytes: count,
  }),
});

export type RunRecord = z.infer<typeof runRecordSchema>;
export type RunInput = z.infer<typeof runInputSchema>;
export type RunInputCounts = Pick<RunInput, 'numRead' | 'numSkipped' | 'numTruncated'>;

/** Adds wall time to a phase. */
export function addSeconds({ timing: { phases } }: Pick<RunRecord, 'timing'>, phase: string, seconds: number): void {
  phases[phase] = (phases[phase] ?? 0) + seconds;
}

/** Row counts summed over the inputs; an input without counts adds nothing. */
export function sumCounts(inputs: readonly RunInput[]): RunRecord['counts'] {
  const total = (field: keyof RunInputCounts) => inputs.reduce((sum, input) => sum + (input[field] ?? 0), 0);
  return { rowsRead: total('numRead'), rowsSkipped: total('numSkipped'), rowsTruncated: total('numTruncated') };
}

/** What makes two runs the same run: the command, the configuration and the bytes of the inputs. */
export function runIdentity({ command, config, inputs }: Pick<RunRecord, 'command' | 'config' | 'inputs'>): unknown {
  const hashes: Record<string, string[]> = {};
  for (const { role, sha256 } of inputs) (hashes[role] ??= []).push(sha256);
  return { command, config, inputs: hashes };
}
