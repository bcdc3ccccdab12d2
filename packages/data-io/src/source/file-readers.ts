import type { Registry } from '@pharmacist/core';
import { FORMATS } from '../formats/registry.ts';
import type { RowFormat } from '../formats/row-format.ts';

/** What reads a file, by an extension of its name: only some of these hold rows. */
const READER_BY_EXTENSION: ReadonlyMap<string, string> = new Map(
  Object.entries({
    csv: 'csv',
    tsv: 'csv',
    json: 'json',
    jsonl: 'json',
    ndjson: 'json',
    parquet: 'parquet',
    geoparquet: 'parquet',
    gpq: 'parquet',
    arrow: 'arrow',
    txt: 'text',
    tar: 'webdataset',
    xml: 'xml',
    hdf5: 'hdf5',
    h5: 'hdf5',
    ...of('images', 'png jpg jpeg gif bmp webp tif tiff'),
    ...of('sounds', 'wav mp3 flac ogg opus'),
    ...of('videos', 'mp4 mkv avi mov webm'),
    pdf: 'documents',
  }),
);
/** Readers of rows among these. */
const READERS_OF_ROWS = ['csv', 'json', 'parquet', 'arrow'];
/** Where as many files have one extension as another. */
const PREFERRED = ['parquet', 'arrow', 'jsonl', 'json', 'csv'];

/** What reads the files of a data set: the Hub's readers, and row formats that it does not know. */
export class FileReaders {
  readonly #byExtension: ReadonlyMap<string, string>;
  readonly #ofRows: ReadonlySet<string>;
  readonly #preferred: readonly string[];

  constructor(formats: Registry<RowFormat>) {
    const further = [...formats].filter(({ name }) => !FORMATS.has(name));
    const extensions = further.flatMap((format) => format.extensions.map((extension) => [extension.slice(1), format.name] as const));
    this.#byExtension = new Map([...READER_BY_EXTENSION, ...extensions]);
    this.#ofRows = new Set([...READERS_OF_ROWS, ...further.map(({ name }) => name)]);
    this.#preferred = [...PREFERRED, ...extensions.map(([extension]) => extension)];
  }

  /** The reader of the commonest extension. */
  ofMost(paths: readonly string[]): string | undefined {
    const counts = new Map<string, number>();
    for (const path of paths) for (const extension of extensionsOf(path)) counts.set(extension, (counts.get(extension) ?? 0) + 1);
    const preferred = this.#preferred;
    const rank = (extension: string) => (preferred.includes(extension) ? preferred.length - preferred.indexOf(extension) : 0);
    const [first] = [...counts.entries()]
      .filter(([extension]) => this.#byExtension.has(extension))
      .toSorted(([a, m], [b, n]) => n - m || rank(b) - rank(a) || byCodeUnits(b, a));
    return first === undefined ? undefined : this.#byExtension.get(first[0]);
  }

  /** Whether a file's name has an extension that `reader` reads; without one, that any reads. */
  read(path: string, reader?: string): boolean {
    return extensionsOf(path).some((extension) => {
      const own = this.#byExtension.get(extension);
      return reader === undefined ? own !== undefined : own === reader;
    });
  }

  /** Whether what a reader reads are rows. */
  giveRows(reader: string): boolean {
    return this.#ofRows.has(reader);
  }
}

/** Every part of a file's name after a dot: `train.jsonl.gz` is of JSON Lines too. */
function extensionsOf(path: string): string[] {
  return path
    .slice(path.lastIndexOf('/') + 1)
    .toLowerCase()
    .split('.')
    .slice(1);
}

function of(reader: string, extensions: string): Record<string, string> {
  return Object.fromEntries(extensions.split(' ').map((extension) => [extension, reader]));
}

export function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
