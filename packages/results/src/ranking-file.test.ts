import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeParquet } from '@pharmacist/data-io';
import { afterAll, describe, expect, it } from 'vitest';
import { EXPLAINED, readRanking, writeExplanation, writeRanking } from './ranking-file.ts';

const folder = await mkdtemp(join(tmpdir(), 'pharmacist-ranking-'));
afterAll(async () => await rm(folder, { recursive: true }));

/** Places of the pool's rows a, b and c: c is the best. */
const ORDER = [2, 0, 1];
const SCORES = Float64Array.of(0.5, -1, 2);
const RANKED = ORDER.map((index, place) => ({
  row: { id: 'abc'[index]! },
  rank: place + 1,
  score: SCORES[index]!,
  selected: place < 2,
}));
const TEXTS = { [EXPLAINED.nearestKept]: ['b', null, null], [EXPLAINED.flags]: ['', 'short,alone', ''] };
const COLUMNS = { loss: Float64Array.of(1, NaN, 3), empty: new Float64Array(3).fill(NaN) };
const at = (name: string) => join(folder, name);

describe('ranking.parquet', () => {
  it('gives back what was written, the best row first', async () => {
    await writeRanking(at('plain.parquet'), RANKED, ORDER, { scores: SCORES, columns: COLUMNS });
    const { ids, scores, selected, columns, texts } = await readRanking(at('plain.parquet'));
    expect([ids, [...scores], selected]).toEqual([
      ['c', 'a', 'b'],
      [2, 0.5, -1],
      [true, true, false],
    ]);
    expect([...columns].map(([name, values]) => [name, [...values]])).toEqual([
      ['loss', [3, 1, NaN]],
      ['empty', [NaN, NaN, NaN]],
    ]);
    expect(texts.size).toBe(0);
  });

  it('has the texts of the rows that are asked for, and no empty ones', async () => {
    await writeRanking(at('explained.parquet'), RANKED, ORDER, { scores: SCORES, columns: {}, texts: TEXTS });
    const all = await readRanking(at('explained.parquet'));
    expect(Object.fromEntries(all.texts)).toEqual({ a: { nearest_kept: 'b' }, b: { flags: 'short,alone' } });
    expect(all.columns.size).toBe(0);
    const some = await readRanking(at('explained.parquet'), { textsOf: new Set(['b']) });
    expect([...some.texts.keys()]).toEqual(['b']);
  });

  it('reads the same from a ranking and the file beside it that explains it', async () => {
    await writeRanking(at('whole.parquet'), RANKED, ORDER, { scores: SCORES, columns: COLUMNS, texts: TEXTS });
    await writeRanking(at('ranking.parquet'), RANKED, ORDER, { scores: SCORES, columns: { loss: COLUMNS.loss } });
    await writeExplanation(at('explanation.parquet'), RANKED, ORDER, { columns: { empty: COLUMNS.empty }, texts: TEXTS });
    expect(await readRanking(at('ranking.parquet'), { explanation: at('explanation.parquet') })).toEqual(
      await readRanking(at('whole.parquet')),
    );
  });

  it('is told from another table', async () => {
    await writeParquet(at('rows.parquet'), [{ name: 'prompt', type: 'string', values: ['Why?'] }]);
    await expect(readRanking(at('rows.parquet'))).rejects.toMatchObject({ code: 'E_DATA', message: 'is no ranking' });
  });
});
