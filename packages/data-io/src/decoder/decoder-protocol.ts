import type { ErrorFields } from '@pharmacist/core';
import type { RecordBatch } from './record-batch.ts';

/** The formats whose decoding is given to a process of its own. */
export type ApartFormat = 'parquet' | 'arrow';

/** What is asked of a decoder process, one file after another. */
export type DecoderRequest =
  | { type: 'read'; format: ApartFormat; path: string; /** For messages. */ label: string }
  /** One more batch may be sent. */
  | { type: 'more' };

/** Its answers: batches, then exactly one `end` or `failed`. */
export type DecoderReply = ({ type: 'batch' } & RecordBatch) | { type: 'end' } | ({ type: 'failed' } & DecoderFailure);

/** An error as it travels between processes. */
export interface DecoderFailure extends Omit<ErrorFields, 'cause'> {
  message: string;
  /** The stack of the library's own error, for `--debug`. */
  causeStack: string | undefined;
}

/** Batches that may be under way before one is asked for: the next is decoded while the last is worked on. */
export const BATCHES_AHEAD = 8;
