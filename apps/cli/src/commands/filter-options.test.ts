import { describe, expect, it } from 'vitest';
import { parseFilterOptions } from './filter-options.ts';

describe('parseFilterOptions', () => {
  it('reads a name, alone or with options', async () => {
    expect(await parseFilterOptions(['dedupe', 'dedupe:threshold=0.7,numHashes=256'])).toEqual([
      { name: 'dedupe', options: {} },
      { name: 'dedupe', options: { threshold: 0.7, numHashes: 256 } },
    ]);
    expect(await parseFilterOptions([])).toEqual([]);
  });

  it.each([
    ['dedup', 'Did you mean "dedupe"?'],
    ['', '"" is unknown'],
    ['dedupe:threshold', '--filter dedupe: "threshold" is not of the form key=value'],
    ['dedupe:', '--filter dedupe: "" is not of the form key=value'],
    ['dedupe:threshold=1,threshold=0.5', '--filter dedupe: threshold is given twice'],
  ])('refuses "%s"', async (text, message) => {
    await expect(parseFilterOptions([text])).rejects.toThrow(message);
  });
});
