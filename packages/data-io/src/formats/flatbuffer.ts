/*
 * Checks of flatbuffers (FlatBuffers, "Internals"), because the JavaScript library has no verifier: it reads what lies beyond the end as
 * zeros and loops as often as a damaged length says.
 */

/** What a field of a table holds; scalars are named by their bytes, structs in vectors as well. Fields that are not named are not looked at. */
export type Kind =
  | { scalar: number }
  | { text: true }
  | { table: () => Table }
  | { vectorOf: number }
  | { vectorOfTables: () => Table }
  /** A table whose type is the number in another field; types that are not named are not looked at. */
  | { union: (type: number) => Table | undefined; typeField: number };
/** Kinds by the number of the field. */
export type Table = Readonly<Record<number, Kind>>;

const MAX_DEPTH = 64;

/** A table that has been checked, or one inside it. */
export class CheckedTable {
  readonly #view: DataView;
  readonly #at: number;

  constructor(view: DataView, at: number) {
    this.#view = view;
    this.#at = at;
  }

  /** Where the table is among the bytes that were checked. */
  get position(): number {
    return this.#at;
  }

  int16(field: number): number {
    const place = fieldPlace(this.#view, this.#at, field);
    return place === undefined ? 0 : this.#view.getInt16(place, true);
  }

  int64(field: number): bigint {
    const place = fieldPlace(this.#view, this.#at, field);
    return place === undefined ? 0n : this.#view.getBigInt64(place, true);
  }

  uint8(field: number): number {
    const place = fieldPlace(this.#view, this.#at, field);
    return place === undefined ? 0 : this.#view.getUint8(place);
  }

  table(field: number): CheckedTable | undefined {
    const place = fieldPlace(this.#view, this.#at, field);
    return place === undefined ? undefined : new CheckedTable(this.#view, place + this.#view.getUint32(place, true));
  }

  /** Where the elements of a vector of structs or numbers begin. */
  vector(field: number, elementBytes: number): DataView[] {
    const place = fieldPlace(this.#view, this.#at, field);
    if (place === undefined) return [];
    const start = place + this.#view.getUint32(place, true);
    const { buffer, byteOffset } = this.#view;
    return Array.from(
      { length: this.#view.getUint32(start, true) },
      (_, i) => new DataView(buffer, byteOffset + start + 4 + i * elementBytes, elementBytes),
    );
  }
}

/** @throws {Error} if an offset or a count leads out of the bytes. */
export function checkFlatbuffer(bytes: Uint8Array, root: Table): CheckedTable {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = view.getUint32(requireInside(view, 0, 4), true);
  // Tables may share parts; without a bound, a few could be looked at any number of times.
  checkTable(view, at, root, MAX_DEPTH, { numLeft: bytes.length });
  return new CheckedTable(view, at);
}

function checkTable(view: DataView, at: number, table: Table, depth: number, tables: { numLeft: number }): void {
  if (depth === 0 || tables.numLeft-- === 0) throw new Error('its description is nested too deeply');
  requireInside(view, at, 4);
  const vtable = at - view.getInt32(at, true);
  requireInside(view, vtable, 4);
  requireInside(view, vtable, view.getUint16(vtable, true));
  requireInside(view, at, view.getUint16(vtable + 2, true));
  for (const [field, kind] of Object.entries(table)) {
    const place = fieldPlace(view, at, Number(field));
    if (place !== undefined) checkField(view, at, place, kind, depth, tables);
  }
}

function checkField(view: DataView, at: number, place: number, kind: Kind, depth: number, tables: { numLeft: number }): void {
  if ('scalar' in kind) return void requireInside(view, place, kind.scalar);
  requireInside(view, place, 4);
  const target = place + view.getUint32(place, true);
  if ('table' in kind) return checkTable(view, target, kind.table(), depth - 1, tables);
  if ('union' in kind) {
    const typePlace = fieldPlace(view, at, kind.typeField);
    const member = typePlace === undefined ? undefined : kind.union(view.getUint8(requireInside(view, typePlace, 1)));
    return checkTable(view, target, member ?? {}, depth - 1, tables);
  }
  requireInside(view, target, 4);
  const length = view.getUint32(target, true);
  if ('text' in kind) return void requireInside(view, target + 4, length);
  if ('vectorOf' in kind) return void requireInside(view, target + 4, length * kind.vectorOf);
  requireInside(view, target + 4, length * 4);
  for (let i = 0; i < length; i++) {
    const element = target + 4 + 4 * i;
    checkTable(view, element + view.getUint32(element, true), kind.vectorOfTables(), depth - 1, tables);
  }
}

/** Where a field's value or offset is; undefined if the table leaves it out. */
function fieldPlace(view: DataView, at: number, field: number): number | undefined {
  const vtable = at - view.getInt32(at, true);
  const entry = 4 + 2 * field;
  if (entry + 2 > view.getUint16(vtable, true)) return undefined;
  const offset = view.getUint16(vtable + entry, true);
  return offset === 0 ? undefined : at + offset;
}

function requireInside(view: DataView, at: number, numBytes: number): number {
  if (!(at >= 0 && at + numBytes <= view.byteLength)) {
    throw new Error(`its description leads to ${numBytes} bytes at ${at}, of ${view.byteLength}`);
  }
  return at;
}
