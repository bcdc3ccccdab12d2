import '@pharmacist/tooling/vitest/matchers';
import { readFileSync } from 'node:fs';
import { goldenPath } from '@pharmacist/test-fixtures';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitTfIdf } from './tf-idf.ts';

interface GoldenRow {
  readonly indices: readonly number[];
  readonly values: readonly number[];
}

interface GoldenModel {
  readonly ngrams: readonly string[];
  readonly inverseDocumentFrequencies: readonly number[];
  readonly freshRows: readonly GoldenRow[];
}

interface Golden extends GoldenModel {
  readonly documents: readonly (readonly string[])[];
  readonly minDocumentFrequency: number;
  readonly rows: readonly GoldenRow[];
  readonly fresh: readonly (readonly string[])[];
  readonly bounded: GoldenModel & { readonly maxFeatures: number };
}

const golden = JSON.parse(readFileSync(goldenPath('selector', 'tf-idf.json'), 'utf8')) as Golden;
const { documents, minDocumentFrequency, fresh } = golden;
const EXACT = { rtol: 1e-14, atol: 0 };

function expectRows(
  transform: ReturnType<typeof fitTfIdf>['transform'],
  texts: readonly (readonly string[])[],
  rows: readonly GoldenRow[],
) {
  expect(rows).toHaveLength(texts.length);
  texts.forEach((terms, i) => {
    const { indices, values } = transform(terms);
    expect([...indices]).toEqual(rows[i]!.indices);
    expect(values).toBeAllclose(rows[i]!.values, EXACT);
  });
}

describe('fitTfIdf', () => {
  it.each([
    ['all n-grams that are frequent enough', Infinity, golden],
    ['those of most documents', golden.bounded.maxFeatures, golden.bounded],
  ])('agrees with scikit-learn: %s', (_, maxFeatures, expected) => {
    const model = fitTfIdf(documents, { minDocumentFrequency, maxFeatures });
    expect(model.ngrams).toEqual(expected.ngrams);
    expect(model.inverseDocumentFrequencies).toBeAllclose(expected.inverseDocumentFrequencies, EXACT);
    expectRows(model.transform, fresh, expected.freshRows);
  });

  it('agrees with scikit-learn on the documents it was fitted to', () => {
    expectRows(fitTfIdf(documents, { minDocumentFrequency, maxFeatures: Infinity }).transform, documents, golden.rows);
  });

  it('weighs by hand: two documents, "a" in both and twice in the first', () => {
    const model = fitTfIdf([['a', 'b', 'a'], ['a']], { minDocumentFrequency: 1, maxFeatures: Infinity });
    expect(model.ngrams).toEqual(['a', 'a b', 'b', 'b a']);
    const rare = Math.log(3 / 2) + 1;
    expect(model.inverseDocumentFrequencies).toBeAllclose([1, rare, rare, rare], EXACT);
    const length = Math.sqrt((1 + Math.log(2)) ** 2 + 3 * rare ** 2);
    const { indices, values } = model.transform(['a', 'b', 'a']);
    expect([...indices]).toEqual([0, 1, 2, 3]);
    expect(values).toBeAllclose(
      [1 + Math.log(2), rare, rare, rare].map((value) => value / length),
      EXACT,
    );
  });

  it('knows a pair whose second term is not kept itself, and tells it from a term with a space', () => {
    const model = fitTfIdf(
      [
        ['x', 'y'],
        ['x', 'y'],
        ['x y', 'x'],
      ],
      { minDocumentFrequency: 1, maxFeatures: 4 },
    );
    expect(model.ngrams).toEqual(['x', 'x y', 'x y', 'y']);
    expect([...model.transform(['x', 'y']).indices]).toEqual([0, 2, 3]);
    expect([...model.transform(['x y']).indices]).toEqual([1]);
    const pair = fitTfIdf([['p', 'q'], ['p', 'q'], ['r']], { minDocumentFrequency: 1, maxFeatures: 2 });
    expect(pair.ngrams).toEqual(['p', 'p q']);
    expect([...pair.transform(['q', 'p', 'q', 'r']).indices]).toEqual([0, 1]);
  });

  it('has no column without documents or without a frequent n-gram', () => {
    for (const none of [[], [[]], [['a'], ['b']]]) {
      const { ngrams, transform } = fitTfIdf(none, { minDocumentFrequency: 2, maxFeatures: 10 });
      expect(ngrams).toEqual([]);
      expect(transform(['a'])).toEqual({ indices: new Int32Array(), values: new Float64Array() });
    }
  });

  it('does not depend on the order of the documents; every row that knows a term has length 1', () => {
    const terms = fc.array(fc.constantFrom('a', 'b', 'c', 'constructor', '__proto__'), { maxLength: 8 });
    fc.assert(
      fc.property(fc.array(terms, { maxLength: 12 }), terms, (texts, text) => {
        const options = { minDocumentFrequency: 2, maxFeatures: 5 };
        const [forth, back] = [fitTfIdf(texts, options), fitTfIdf(texts.toReversed(), options)];
        expect(back.ngrams).toEqual(forth.ngrams);
        expect(back.transform(text)).toEqual(forth.transform(text));
        const { values } = forth.transform(text);
        if (values.length > 0) expect(Math.hypot(...values)).toBeCloseTo(1, 12);
      }),
    );
  });

  it('reads documents as they come, once', () => {
    let numRead = 0;
    function* stream() {
      for (const terms of documents) {
        numRead++;
        yield terms;
      }
    }
    expect(fitTfIdf(stream(), { minDocumentFrequency, maxFeatures: Infinity }).ngrams).toEqual(golden.ngrams);
    expect(numRead).toBe(documents.length);
  });
});
