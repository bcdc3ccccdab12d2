import { readApart } from '../decoder/read-apart.ts';
import type { OpenSource } from '../source/open-source.ts';
import type { FormatContext, SourceRecord } from './record.ts';

/**
 * Arrow IPC, file form (Feather 2) and stream form, one record batch in memory at a time; values by the rule of values.ts.
 * @throws {DataError} if the file is cut short or damaged or has a type that is not read here.
 */
export function readArrow(source: OpenSource, context: FormatContext): AsyncGenerator<SourceRecord> {
  return readApart('arrow', source, context);
}
