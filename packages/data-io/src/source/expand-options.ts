import type { Registry } from '@pharmacist/core';
import type { RowFormat } from '../formats/row-format.ts';
import type { SplitChoice } from './choose-files.ts';
import type { HubOptions } from './hub-settings.ts';

/** Rows that a program has in hand, as JSON Lines, by the name that stands for them where a file could be named. */
export interface HeldRows {
  readonly inMemory?: ReadonlyMap<string, Uint8Array> | undefined;
}

/** The formats that files may be of. */
export interface KnownFormats {
  /** What is built in if left out. */
  readonly formats?: Registry<RowFormat> | undefined;
}

/** What a name is expanded to files by. */
export type ExpandOptions = HubOptions & SplitChoice & HeldRows & KnownFormats;
