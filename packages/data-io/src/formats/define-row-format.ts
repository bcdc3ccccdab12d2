import { attendedAtOnce, checkDefinition, ContractError, describeValue, held } from '@pharmacist/core';
import { checkedRecords } from './checked-records.ts';
import type { RowFormat, RowFormatDefinition } from './row-format.ts';

const REQUIRED = { extensions: 'object', read: 'function' } as const;
const OPTIONAL = { summary: 'string', isBinary: 'boolean', recognises: 'function' } as const;
/** A compression stands outside the format. */
const COMPRESSIONS = ['.gz', '.zst'];

/**
 * Holds a row format to the contract: each record is an object of what JSON can hold, and reading ends when it is told to.
 * @throws {ContractError} if the definition itself is wrong.
 */
export function defineRowFormat<const N extends string>(
  definition: RowFormatDefinition & { readonly name: N },
): RowFormat & { readonly name: N } {
  const where = checkDefinition('format', definition, { required: REQUIRED, optional: OPTIONAL });
  const { name, summary = 'no summary is given', extensions, isBinary = false } = definition;
  checkExtensions(extensions, where);
  return held(
    {
      kind: 'format' as const,
      name,
      summary,
      extensions: [...extensions],
      isBinary,
      ...(definition.recognises && {
        recognises: (head: Uint8Array) => attendedAtOnce(where, () => definition.recognises!(head)),
      }),
      read: (file, context) => checkedRecords(definition, { file, context, where }),
    } satisfies RowFormat,
    definition,
  );
}

function checkExtensions(extensions: readonly string[], where: string): void {
  const hint = "give the ends of its files' names in small letters, for instance ['.blocks']";
  if (!Array.isArray(extensions) || extensions.length === 0) {
    throw new ContractError(`has ${describeValue(extensions)} for extensions`, { where, hint });
  }
  for (const extension of extensions as readonly unknown[]) {
    if (typeof extension === 'string' && /^\.[a-z0-9_-]+$/.test(extension) && !COMPRESSIONS.includes(extension)) continue;
    throw new ContractError(`has the extension ${describeValue(extension)}`, { where, hint });
  }
}
