import type { State } from '@pharmacist/core';
import type { Batch, LanguageModel, TokenizedRow } from '@pharmacist/language-model';

/** How the values of one name are kept. */
export interface ValueForm {
  readonly type: 'f32' | 'f64' | 'i32';
  /** Values of a row; `targets`: one a token that is predicted. */
  readonly each: number | 'targets';
  /** What stands where a row has none; NaN if left out. */
  readonly empty?: number;
}

export type ValueForms = Readonly<Record<string, ValueForm>>;

/** What was found in one row, by name, as many as its form says. Views that do not outlive the call are allowed. */
export type FoundValues = Readonly<Record<string, ArrayLike<number>>>;

/** Rows of one batch. */
export interface MappedBatch {
  readonly batch: Batch;
  /** Those that are real, in their order in the batch. */
  readonly rows: readonly TokenizedRow[];
  /** The number that the pass gave to each of them; none if it gave none. */
  readonly marks: readonly number[];
}

/** A map on an open model. */
export interface RowReader {
  /** What it finds in each row, in their order. @throws {NumericError} if something is not finite. */
  read(batch: MappedBatch): Promise<readonly FoundValues[]>;
  dispose?(): Promise<void>;
}

/** Numbers that a map needs beside the model and the rows: another process gets them as a file. */
export interface MapParameters<M> extends State {
  meta: Record<string, unknown> & M;
}

/**
 * What a pass finds in each row, where that depends on the model, the parameters and the row's own batch alone, and on no other row. It is known by
 * its name in every process, so that ranges of batches may be read by any that has the model.
 */
export interface RowMap<M = unknown> {
  readonly name: string;
  /** Passes through the model that a batch takes. */
  readonly passes: readonly ('forward' | 'backward')[];
  /** Rank of the LoRA whose gradients it takes; a map without a backward pass has none. */
  loraRank?(parameters: MapParameters<M>): number;
  /** What it finds, by name. @throws {ConfigError} if the model lacks what is asked for. */
  forms(model: LanguageModel, parameters: MapParameters<M>): ValueForms;
  /** @param phase the pass for a person, for messages. */
  open(model: LanguageModel, parameters: MapParameters<M>, phase: string): Promise<RowReader> | RowReader;
}
