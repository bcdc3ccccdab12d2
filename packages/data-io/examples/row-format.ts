/**
 * A row format, as one would be added: lines of `key: value`, and a blank line between two records. In the package it is
 * `src/formats/blocks.ts`, and its word in `src/formats/registry.ts`.
 */
import type { ByteStream } from '../src/source/byte-stream.ts';
import type { FormatContext, SourceRecord } from '../src/formats/record.ts';
import type { RowFormat } from '../src/formats/row-format.ts';

export const blocks = {
  kind: 'format',
  name: 'blocks',
  summary: 'lines of `key: value`, and a blank line between two records',
  extensions: ['.blocks'],
  isBinary: false,
  read: ({ bytes }, context) => readBlocks(bytes, context),
} as const satisfies RowFormat;

/** Memory: one record. A line of another form is reported, and its record passed over. */
async function* readBlocks(bytes: ByteStream, { onProblem, maxRecordBytes }: FormatContext): AsyncGenerator<SourceRecord> {
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
