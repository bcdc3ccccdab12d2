import type { FoundLists, MappedText, TextMap, TextParameters } from './text-map.ts';

/** Texts that other processes may read, in ranges of rows, with the tokenizer of the run's model. */
export interface DividedTexts {
  /** Of its files; of a run's own. What the texts are follows from the run and from this name. */
  readonly name: string;
  /** The work for a person. */
  readonly phase: string;
  readonly map: TextMap;
  readonly parameters: TextParameters;
  readonly numRows: number;
  /** Rows of a batch of the run, by which ranges are asked for. */
  readonly batchSize: number;
  readonly maxLength: number;
  /** Undefined for a row of which nothing is to be found. */
  textAt(index: number): MappedText | undefined;
  /** Hears what was found in each row that has a text, in their order. */
  take(index: number, found: FoundLists): void;
}
