import type { LanguageModel, TokenizedRow } from '@pharmacist/language-model';
import type { MappedValues } from './mapped-values.ts';
import type { MapParameters, RowMap } from './row-map.ts';

/** A pass whose batches other processes may read, in ranges. */
export interface DividedPass {
  /** Of its checkpoint. */
  readonly name: string;
  /** The pass for a person. */
  readonly phase: string;
  readonly map: RowMap;
  readonly parameters: MapParameters<unknown>;
  readonly model: LanguageModel;
  readonly rows: readonly TokenizedRow[];
  /** One number a row that the map reads. */
  readonly marks?: Int32Array | undefined;
  /** Rows of each batch of the whole pass: what is computed of a row depends in its last bits on the batch it is in. */
  readonly batches: readonly (readonly number[])[];
  /** What batches are padded by. */
  readonly batchSize: number;
  readonly maxLength: number;
  /** Where what is found belongs. */
  readonly values: MappedValues;
  /** Batches that are to be read: from the first up to the number of all. */
  readonly from: number;
}
