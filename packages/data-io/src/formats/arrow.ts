import { readApart } from '../decoder/read-apart.ts';
import { beginsWith } from '../source/byte-stream.ts';
import type { RowFile } from '../source/row-file.ts';
import type { FormatContext, SourceRecord } from './record.ts';
import type { RowFormat } from './row-format.ts';

export const arrow = {
  kind: 'format',
  name: 'arrow',
  summary: 'Arrow IPC, as a file (Feather 2) or a stream',
  extensions: ['.arrow', '.arrows', '.feather', '.ipc'],
  isBinary: true,
  recognises: (head) => beginsWith(head, 'ARROW1') || beginsWith(head, '\xff\xff\xff\xff'),
  read: readArrow,
} as const satisfies RowFormat;

/**
 * Arrow IPC, file form (Feather 2) and stream form, one record batch in memory at a time; values by the rule of values.ts.
 * @throws {DataError} if the file is cut short or damaged or has a type that is not read here.
 */
export function readArrow(file: RowFile, context: FormatContext): AsyncGenerator<SourceRecord> {
  return readApart('arrow', file, context);
}
