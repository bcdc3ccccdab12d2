import type { ByteStream } from '../source/byte-stream.ts';
import { decodeUtf8, parseObject, type FormatContext, type SourceRecord } from './record.ts';
import type { RowFormat } from './row-format.ts';

export const jsonl = {
  kind: 'format',
  name: 'jsonl',
  summary: 'JSON Lines, one object a line',
  extensions: ['.jsonl', '.ndjson'],
  isBinary: false,
  read: ({ bytes }, context) => readJsonl(bytes, context),
} as const satisfies RowFormat;

const NEWLINE = 0x0a;
const BYTE_ORDER_MARK = '\ufeff';

/** JSON Lines: one object a line, LF or CRLF, blank lines ignored. Memory: one line. */
export async function* readJsonl(bytes: ByteStream, { maxRecordBytes, onProblem, keepText }: FormatContext): AsyncGenerator<SourceRecord> {
  let lineNumber = 0;
  for await (const line of splitLines(bytes, maxRecordBytes)) {
    lineNumber++;
    if (line.bytes === undefined) {
      onProblem({ line: lineNumber, what: `is longer than ${maxRecordBytes} bytes: is this really one object a line?` });
      continue;
    }
    let text = decodeUtf8(line.bytes, lineNumber, onProblem);
    if (text === undefined) continue;
    if (lineNumber === 1 && text.startsWith(BYTE_ORDER_MARK)) text = text.slice(1);
    if (text.trim() === '') continue;
    const record = parseObject(text, lineNumber, onProblem, line.isLast);
    if (record !== undefined) yield { record, line: lineNumber, ...(keepText === true ? { text } : {}) };
  }
}

interface Line {
  /** Without the line end; undefined if the line was too long to keep. */
  bytes: Uint8Array | undefined;
  /** True if no line end follows: where a cut file ends. */
  isLast: boolean;
}

async function* splitLines(stream: ByteStream, maxBytes: number): AsyncGenerator<Line> {
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  for await (const piece of stream) {
    let start = 0;
    for (let end = piece.indexOf(NEWLINE); end >= 0; end = piece.indexOf(NEWLINE, start)) {
      const rest = piece.subarray(start, end);
      const isTooLong = pendingBytes + rest.length > maxBytes;
      yield { bytes: isTooLong ? undefined : pendingBytes === 0 ? rest : Buffer.concat([...pending, rest]), isLast: false };
      pending = [];
      pendingBytes = 0;
      start = end + 1;
    }
    pendingBytes += piece.length - start;
    // Past the limit only the length counts: the line is reported, not kept.
    if (pendingBytes > maxBytes) pending = [];
    else if (start < piece.length) pending.push(piece.subarray(start));
  }
  if (pendingBytes > 0) yield { bytes: pendingBytes > maxBytes ? undefined : Buffer.concat(pending), isLast: true };
}
