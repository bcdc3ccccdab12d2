import { crc32 } from './crc32.ts';

const LOCAL_SIGNATURE = 0x04034b50;
const CENTRAL_SIGNATURE = 0x02014b50;
const END_SIGNATURE = 0x06054b50;
const VERSION = 20;
/** 1 January 1980, the first day there is: the same files give the same bytes. */
const DATE = 0x21;
/** A regular file that its owner may write and everybody read, as Unix keeps it in the upper half. */
const ATTRIBUTES = (0o100644 << 16) >>> 0;

/**
 * A ZIP archive of a few files, stored as they are: local headers with their data, the central directory, its end (APPNOTE.TXT 6.3, sections
 * 4.3.7, 4.3.12 and 4.3.16). The same files in the same order give the same bytes.
 */
export function zipFile(files: Readonly<Record<string, Uint8Array>>): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, data] of Object.entries(files)) {
    const nameBytes = Buffer.from(name, 'utf8');
    const common = Buffer.alloc(26);
    common.writeUInt16LE(VERSION, 0);
    // Flags (2), method (4, nought: stored) and time (6) are nought.
    common.writeUInt16LE(DATE, 8);
    common.writeUInt32LE(crc32(data), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(data.length, 18);
    common.writeUInt16LE(nameBytes.length, 22);
    bodies.push(uint32(LOCAL_SIGNATURE), common, nameBytes, Buffer.from(data));
    const madeBy = Buffer.alloc(2);
    madeBy.writeUInt16LE((3 << 8) | VERSION);
    // Comment length, disk, internal attributes are nought.
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(ATTRIBUTES, 6);
    rest.writeUInt32LE(offset, 10);
    directory.push(uint32(CENTRAL_SIGNATURE), madeBy, common, rest, nameBytes);
    offset += 4 + common.length + nameBytes.length + data.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(Object.keys(files).length, 4);
  end.writeUInt16LE(Object.keys(files).length, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...bodies, central, uint32(END_SIGNATURE), end]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
