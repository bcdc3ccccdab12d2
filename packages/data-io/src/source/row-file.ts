import type { ByteMeter, ByteStream } from './byte-stream.ts';

/** A file whose decompressed bytes can be read once. */
export interface RowFile {
  /** The name for messages. */
  label: string;
  /** Decompressed bytes. */
  bytes: ByteStream;
  /** Count and hash of the stored bytes, complete when `bytes` has ended. */
  meter: ByteMeter;
  /** The path if this is an uncompressed file that can be read in any order. */
  plainPath: string | undefined;
}
