import { type AlignmentRow, normalisePrompt } from '@pharmacist/data-io';
import { describe, expect, it } from 'vitest';
import { drawPlanted } from './draw-planted.ts';
import type { PlantedPoolRow } from './pool-row.ts';
import { poolSchema, type PoolSpec } from './pool-schema.ts';

const SOURCES = ['alpha', 'beta', 'gamma'];
/** Rows of each kind and source, three to a prompt; prompts of good and mislabelled rows are the same. */
const COUNTS = { good: 60, mislabelled: 36, benign: 60 };
const source = Object.entries(COUNTS).flatMap(([kind, count]) =>
  SOURCES.flatMap((name) =>
    Array.from({ length: count }, (_, i): AlignmentRow => {
      const prompt = `${kind === 'benign' ? 'Harmless' : 'Harmful'} question ${i % (count / 3)} of ${name}?`;
      const response = `${kind} answer ${i}, the first of its sentences. A second one says ${name}. The third is number ${i}.`;
      const fields = { prompt, response, kind, source: name, stratum: i % 4 === 0 ? 'rare' : 'common' };
      return { id: `${kind}-${name}-${i}`, prompt, response, fields, position: { source: 'test', line: 1 } };
    }),
  ),
);
const SPOIL = ['cut-words', 'cut-sentences', 'shuffled-sentences', 'swapped', 'exchanged', 'spliced'] as const;
const SPEC = {
  label: 'pool',
  size: 60,
  shares: { mislabelled: 0.2, benign: 0.2, 'low-quality': 0.2 },
  spoil: [...SPOIL],
  balanced: true,
  trusted: 18,
  harmful: 10,
};
const draw = (settings: Partial<PoolSpec> = {}, seed = 0, rows: readonly AlignmentRow[] = source) =>
  drawPlanted(rows, poolSchema.parse({ ...SPEC, ...settings }), { seed, where: 'test.jsonl' });
const ofKind = (rows: readonly PlantedPoolRow[], kind: string) => rows.filter((row) => row.kind === kind);
const sourcesOf = (rows: readonly PlantedPoolRow[]) => [...new Set(rows.map((row) => row.source!))].sort();

describe('drawPlanted', () => {
  it('has the asked counts exactly, decided by the seed', () => {
    const { rows, references } = draw();
    const counts = ['good', 'mislabelled', 'benign', 'low-quality'].map((kind) => ofKind(rows, kind).length);
    expect(counts).toEqual([24, 12, 12, 12]);
    expect([references!.trusted.length, references!.harmful.length]).toEqual([18, 10]);
    expect(draw({}, 3)).toEqual(draw({}, 3));
    expect(draw({}, 3)).not.toEqual(draw({}, 4));
  });

  it('has no prompt in two of pool, trusted and harmful rows', () => {
    for (let seed = 0; seed < 20; seed++) {
      for (const goodFrom of [undefined, ['beta']]) {
        const { rows, references } = draw(goodFrom === undefined ? {} : { goodFrom }, seed);
        const parts = [rows, references!.trusted, references!.harmful].map(
          (part) => new Set(part.map(({ prompt }) => normalisePrompt(prompt))),
        );
        expect(new Set(parts.flatMap((part) => [...part])).size).toBe(parts.reduce((sum, { size }) => sum + size, 0));
      }
    }
  });

  it('takes good rows, and what is made of them, from the named sources, trusted and harmful rows from all others in turns', () => {
    const { rows, references } = draw({ goodFrom: ['beta'] });
    const madeOfGood = rows.filter(({ madeFrom }) => madeFrom?.startsWith('good'));
    expect(madeOfGood.length).toBeGreaterThan(2);
    expect(sourcesOf([...ofKind(rows, 'good'), ...madeOfGood])).toEqual(['beta']);
    expect(sourcesOf(ofKind(rows, 'mislabelled'))).toEqual(SOURCES);
    for (const [part, kind] of [
      [references!.trusted, 'good'],
      [references!.harmful, 'mislabelled'],
    ] as const) {
      expect(part.every((row) => row.kind === kind)).toBe(true);
      expect(part.filter((row) => row.source === 'alpha')).toHaveLength(part.length / 2);
      expect(part.filter((row) => row.source === 'gamma')).toHaveLength(part.length / 2);
    }
  });

  it('has the strata of a kind take turns', () => {
    for (const kind of ['good', 'mislabelled', 'benign']) {
      const members = ofKind(draw().rows, kind);
      expect(members.filter(({ stratum }) => stratum === 'rare')).toHaveLength(members.length / 2);
    }
  });

  it('spoils rows in equal parts, each as it says', () => {
    const made = ofKind(draw().rows, 'low-quality');
    for (const corruption of SPOIL)
      expect(
        made.filter((row) => row.corruption === corruption),
        corruption,
      ).toHaveLength(2);
    const originalOf = ({ madeFrom }: PlantedPoolRow) => source.find(({ id }) => id === madeFrom)!;
    for (const row of made) {
      const original = originalOf(row);
      const [isBenign, { response }] = [original.fields['kind'] === 'benign', row];
      expect(response).not.toBe(original.response);
      if (row.corruption === 'cut-words' || row.corruption === 'cut-sentences') expect(original.response.startsWith(response)).toBe(true);
      if (row.corruption === 'cut-sentences' || row.corruption === 'swapped') expect(isBenign).toBe(true);
      if (row.corruption === 'exchanged') expect(response.startsWith(isBenign ? 'good' : 'benign')).toBe(true);
      if (row.corruption === 'spliced') expect([...response.matchAll(/good|benign/g)].length).toBe(1);
    }
  });

  it('passes over rows that cannot be spoiled as asked, and says so where none is left', () => {
    const short = source.map((row, i) =>
      row.fields['kind'] === 'benign' && i % 2 === 0 ? { ...row, response: 'One sentence only' } : row,
    );
    const made = ofKind(draw({ spoil: ['cut-sentences'] }, 0, short).rows, 'low-quality');
    expect(made).toHaveLength(12);
    const none = source.map((row) => ({ ...row, response: 'One sentence only' }));
    expect(() => draw({ spoil: ['cut-sentences'] }, 0, none)).toThrow('0 of 12 rows could be spoiled as `spoil` says');
  });

  it('names what there is too little of, with both numbers', () => {
    expect(() => draw({ trusted: 200 })).toThrow('has too few good rows for the trusted rows of the pool pool: 200 asked, 180 available');
    expect(() => draw({ goodFrom: ['alpha'], harmful: 200 })).toThrow(
      /too few mislabelled rows of sources other than alpha for the harmful rows .* \d+ available/,
    );
    expect(() => draw({ goodFrom: ['delta'] })).toThrow('good: 24 asked, 0 available');
    const { source: _, ...fields } = source[0]!.fields;
    expect(() => draw({ goodFrom: ['alpha'] }, 0, [{ ...source[0]!, fields }])).toThrow('has no field "source"');
  });
});
