import type { AlignmentRow, CorruptionName } from '@pharmacist/data-io';

/** A row of a drawn pool. A selection sees prompt and response only. */
export interface PlantedPoolRow {
  /**
   * That of the source. A made row has one that begins like that of some source row of the pool, drawn for it: in the order of ids, which breaks
   * ties and decides which of two near-duplicates a filter keeps, made rows then stand anywhere.
   */
  readonly id: string;
  readonly prompt: string;
  readonly response: string;
  readonly kind: string;
  /** Data set and stratum, if the source names them. */
  readonly source?: string;
  readonly stratum?: string;
  /** How the answer was spoiled. */
  readonly corruption?: string;
  /** Id of the row that a made one comes from. */
  readonly madeFrom?: string;
}

/** A row that is made from others; its id comes last. */
export type MadeRow = Omit<PlantedPoolRow, 'id'>;

/** @param response in the place of the row's own. */
export function madeRow(
  row: AlignmentRow,
  response: string,
  truth: { readonly kind: string; readonly corruption?: CorruptionName },
): MadeRow {
  return { ...textOf(row), response, ...truth, madeFrom: row.id };
}

/** What a pool says of a row of the source beside its kind. */
export function textOf({ prompt, response, fields }: AlignmentRow): Omit<PlantedPoolRow, 'id' | 'kind'> {
  const { source, stratum, corruption } = fields;
  return {
    prompt,
    response,
    ...(typeof source === 'string' && { source }),
    ...(typeof stratum === 'string' && { stratum }),
    ...(typeof corruption === 'string' && { corruption }),
  };
}
