/**
 * A reader of a row format, as one would be added: lines of `key: value`, and a blank line between two records. In the package it is
 * `src/formats/blocks.ts`; `src/source/row-format.ts` names its extension, and `src/stream-records.ts` sends it its files.
 */
import type { ByteStream } from '../src/source/byte-stream.ts';
import type { FormatContext, SourceRecord } from '../src/formats/record.ts';

/** Memory: one record. A line of another form is reported, and its record passed over. */
export async function* readBlocks(bytes: ByteStream, { onProblem, maxRecordBytes }: FormatContext): AsyncGenerator<SourceRecord> {
  let block: { fields: Record<string, string>; line: number; size: number; isWhole: boolean } | undefined;
  let lineNumber = 0;
  for await (const line of linesOf(bytes)) {
    lineNumber++;
    if (line.trim() === '') {
      if (block?.isWhole === true) yield { record: block.fields, line: block.line };
      block = undefined;
      continue;
    }
    block ??= { fields: {}, line: lineNumber, size: 0, isWhole: true };
    block.size += line.length;
    const at = line.indexOf(': ');
    const isLong = block.size > maxRecordBytes;
    if (at > 0 && !isLong) block.fields[line.slice(0, at)] = line.slice(at + 2);
    else if (block.isWhole) {
      onProblem({ line: lineNumber, what: isLong ? `is longer than ${maxRecordBytes} bytes` : 'is not of the form "key: value"' });
      block.isWhole = false;
    }
  }
  if (block?.isWhole === true) yield { record: block.fields, line: block.line };
}

async function* linesOf(bytes: ByteStream): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  for await (const piece of bytes) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split(/\r?\n/);
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest !== '') yield rest;
}
