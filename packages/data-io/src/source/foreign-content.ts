import { DataError, pointerHint, pointerKindOf } from '@pharmacist/core';

const UNPACK = 'unpack it and name the file of rows in it';
const PICKLE = 'write the rows as JSON Lines: df.to_json(path, orient="records", lines=True)';

/** Files that are often named as rows and hold none, by the bytes at a place (as Latin-1). */
const MAGIC: readonly [bytes: string, at: number, what: string, hint: string][] = [
  ['PK\x03\x04', 0, 'a zip archive', UNPACK],
  ['7z\xbc\xaf\x27\x1c', 0, 'a 7z archive', UNPACK],
  ['ustar', 257, 'a tar archive', UNPACK],
  ['\xfd7zXZ\0', 0, 'xz-compressed data', 'unpack it first: xz -d'],
  ['BZh', 0, 'bzip2-compressed data', 'unpack it first: bzip2 -d'],
  ['\x04\x22\x4d\x18', 0, 'LZ4-compressed data', 'unpack it first: lz4 -d'],
  ['SQLite format 3\0', 0, 'an SQLite database', 'export its rows as CSV or JSON Lines'],
  ['%PDF-', 0, 'a PDF document', 'name a file of rows'],
  ['\x80\x02', 0, 'a Python pickle', PICKLE],
  ['\x80\x03', 0, 'a Python pickle', PICKLE],
  ['\x80\x04', 0, 'a Python pickle', PICKLE],
  ['\x80\x05', 0, 'a Python pickle', PICKLE],
];

/** Refuses files that stand for others (Git LFS, git-annex). @throws {DataError} naming what it is. */
export function refusePointer(head: Uint8Array, where: string): void {
  const pointer = pointerKindOf(head);
  if (pointer !== undefined) {
    throw new DataError(`is a ${pointer} pointer: the rows themselves were not downloaded`, { where, hint: pointerHint(pointer) });
  }
}

/**
 * Refuses files that stand for others and files of forms that hold no rows, before a reader finds fault with each line.
 * @param head the first bytes of the stored or the decompressed file.
 * @throws {DataError} naming what it is.
 */
export function refuseForeignContent(head: Uint8Array, where: string): void {
  refusePointer(head, where);
  const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString('latin1');
  if (text.startsWith('PK') && /\.(?:xlsx|ods|xlsm)$/i.test(where)) {
    throw new DataError('is a spreadsheet, which is not read', { where, hint: 'save it as CSV (UTF-8), or as Parquet with pandas' });
  }
  const found = MAGIC.find(([bytes, at]) => text.startsWith(bytes, at));
  if (found !== undefined) throw new DataError(`is ${found[2]}, not rows`, { where, hint: found[3] });
  if (/^(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|\?xml|head)\b/i.test(text)) {
    throw new DataError('is a web page or XML, not rows', {
      where,
      hint: 'download the file itself: on the Hub its address has /resolve/ where that of its page has /blob/',
    });
  }
}
