import type { FileHandle } from 'node:fs/promises';

/** Bytes of each type of a metadata value that has always as many; texts (8) and lists (9) begin with their length. */
const SIZES: Readonly<Record<number, number>> = { 0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8 };
const TEXT = 8;
const LIST = 9;
/**
 * The lists of texts in the metadata of a GGUF file, by key, as they stand there. `@huggingface/gguf` takes a byte order mark away where a text begins
 * with one (three tokens of Gemma 3 do), which makes two tokens equal.
 * @param end where the header ends.
 * @throws RangeError if the header holds something else; callers have had it read by the library before.
 */
export async function readTextLists(file: FileHandle, end: number): Promise<Map<string, string[]>> {
  const header = Buffer.alloc(end);
  const { bytesRead } = await file.read(header, 0, end, 0);
  if (bytesRead < end) throw new RangeError('its header is cut short');
  const lists = new Map<string, string[]>();
  // Magic, version, count of tensors, count of metadata (gguf.md of ggml); version 1 has lengths of four bytes.
  const wide = header.readUInt32LE(4) === 1 ? 4 : 8;
  let place = 8 + wide;
  const integer = (size: 4 | 8): number => {
    const value = size === 4 ? header.readUInt32LE(place) : Number(header.readBigUInt64LE(place));
    place += size;
    return value;
  };
  const length = (): number => integer(wide);
  const text = (): string => {
    const numBytes = length();
    place += numBytes;
    if (place > end) throw new RangeError('a text ends behind the header');
    return header.toString('utf8', place - numBytes, place);
  };
  const skip = (type: number): void => {
    if (type === TEXT) text();
    else if (type === LIST) {
      const itemType = integer(4);
      const count = length();
      if (count > end) throw new RangeError('a list ends behind the header');
      for (let i = 0; i < count; i++) skip(itemType);
    } else place += SIZES[type] ?? Infinity;
  };
  for (let left = length(); left > 0; left--) {
    const key = text();
    const type = integer(4);
    const isTexts = type === LIST && header.readUInt32LE(place) === TEXT;
    if (!isTexts) {
      skip(type);
      continue;
    }
    integer(4);
    const texts: string[] = [];
    for (let remaining = length(); remaining > 0; remaining--) texts.push(text());
    lists.set(key, texts);
  }
  return lists;
}
