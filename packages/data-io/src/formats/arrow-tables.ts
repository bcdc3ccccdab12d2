import type { Table } from './flatbuffer.ts';

/*
 * The tables of Arrow's flatbuffers, as far as they hold counts and offsets (format/Schema.fbs, Message.fbs, File.fbs); numbers are those of
 * the fields.
 */

const KEY_VALUE: Table = { 0: { text: true }, 1: { text: true } };
const DICTIONARY_ENCODING: Table = { 0: { scalar: 8 }, 1: { table: () => ({}) } };
const TYPE_UNION = 14;
const UNION: Table = { 1: { vectorOf: 4 } };
const TYPE_TIMESTAMP = 10;
const TIMESTAMP: Table = { 1: { text: true } };
/** Of every other type: a scalar or two, no wider than this. */
const PLAIN_TYPE: Table = { 0: { scalar: 1 } };

const FIELD: Table = {
  0: { text: true },
  2: { scalar: 1 },
  3: { union: (type) => (type === TYPE_UNION ? UNION : type === TYPE_TIMESTAMP ? TIMESTAMP : PLAIN_TYPE), typeField: 2 },
  4: { table: () => DICTIONARY_ENCODING },
  5: { vectorOfTables: () => FIELD },
  6: { vectorOfTables: () => KEY_VALUE },
};

const SCHEMA: Table = { 1: { vectorOfTables: () => FIELD }, 2: { vectorOfTables: () => KEY_VALUE }, 3: { vectorOf: 8 } };

export const FIELD_NODE_BYTES = 16;
export const BUFFER_BYTES = 16;
export const RECORD_BATCH_FIELDS = { length: 0, nodes: 1, buffers: 2, compression: 3, variadicCounts: 4 } as const;
const RECORD_BATCH: Table = {
  [RECORD_BATCH_FIELDS.length]: { scalar: 8 },
  [RECORD_BATCH_FIELDS.nodes]: { vectorOf: FIELD_NODE_BYTES },
  [RECORD_BATCH_FIELDS.buffers]: { vectorOf: BUFFER_BYTES },
  [RECORD_BATCH_FIELDS.compression]: { table: () => ({ 0: { scalar: 1 }, 1: { scalar: 1 } }) },
  [RECORD_BATCH_FIELDS.variadicCounts]: { vectorOf: 8 },
};

export const DICTIONARY_BATCH_FIELDS = { data: 1 } as const;
const DICTIONARY_BATCH: Table = { 0: { scalar: 8 }, [DICTIONARY_BATCH_FIELDS.data]: { table: () => RECORD_BATCH }, 2: { scalar: 1 } };

/** Kinds of messages, by the type of their header. */
export const HEADER = { schema: 1, dictionaryBatch: 2, recordBatch: 3 } as const;
const HEADERS: Readonly<Record<number, Table>> = {
  [HEADER.schema]: SCHEMA,
  [HEADER.dictionaryBatch]: DICTIONARY_BATCH,
  [HEADER.recordBatch]: RECORD_BATCH,
};
export const MESSAGE_FIELDS = { headerType: 1, header: 2, bodyLength: 3 } as const;
export const MESSAGE: Table = {
  0: { scalar: 2 },
  [MESSAGE_FIELDS.headerType]: { scalar: 1 },
  [MESSAGE_FIELDS.header]: { union: (type) => HEADERS[type], typeField: MESSAGE_FIELDS.headerType },
  [MESSAGE_FIELDS.bodyLength]: { scalar: 8 },
  4: { vectorOfTables: () => KEY_VALUE },
};

/** Where a message is: its offset (8 bytes), the length of its description (4, then 4 unused), the length of its body (8). */
export const BLOCK_BYTES = 24;
export const FOOTER_FIELDS = { version: 0, schema: 1, dictionaries: 2, recordBatches: 3 } as const;
export const FOOTER: Table = {
  [FOOTER_FIELDS.version]: { scalar: 2 },
  [FOOTER_FIELDS.schema]: { table: () => SCHEMA },
  [FOOTER_FIELDS.dictionaries]: { vectorOf: BLOCK_BYTES },
  [FOOTER_FIELDS.recordBatches]: { vectorOf: BLOCK_BYTES },
  4: { vectorOfTables: () => KEY_VALUE },
};
