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
export const READERS_OF_ROWS = ['csv', 'json', 'parquet', 'arrow'];
/** Where as many files have one extension as another. */
const PREFERRED = ['parquet', 'arrow', 'jsonl', 'json', 'csv'];

/** The reader of the commonest extension. */
export function commonReader(paths: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const path of paths) for (const extension of extensionsOf(path)) counts.set(extension, (counts.get(extension) ?? 0) + 1);
  const rank = (extension: string) => (PREFERRED.includes(extension) ? PREFERRED.length - PREFERRED.indexOf(extension) : 0);
  const [first] = [...counts.entries()]
    .filter(([extension]) => READER_BY_EXTENSION.has(extension))
    .toSorted(([a, m], [b, n]) => n - m || rank(b) - rank(a) || byCodeUnits(b, a));
  return first === undefined ? undefined : READER_BY_EXTENSION.get(first[0]);
}

/** Whether a file's name has an extension that `reader` reads; without one, that any reads. */
export function isReadBy(path: string, reader?: string): boolean {
  return extensionsOf(path).some((extension) => {
    const own = READER_BY_EXTENSION.get(extension);
    return reader === undefined ? own !== undefined : own === reader;
  });
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
