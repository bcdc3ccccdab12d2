import { randomRows } from '@pharmacist/language-model/test-support';
import type {} from '@pharmacist/tooling/vitest/matchers';
import { describe, expect, it } from 'vitest';
import { dsir } from '../src/dsir/dsir.ts';
import { bucketShares, logRatios } from '../src/dsir/importance.ts';
import { bucketOf, NgramBuckets, wordPunctTokens } from '../src/dsir/ngram-buckets.ts';
import type { PoolRow } from '../src/selector.ts';
import { Attempt } from './support/attempt.ts';
import { useFixtureModel } from './support/fixture-model.ts';

const model = await useFixtureModel('llama');

/** Rows of these responses, without prompts. */
function rowsOf(texts: readonly string[], prompt = ''): PoolRow[] {
  const tokens = randomRows('any', texts.length);
  return texts.map((response, index) => ({
    id: `row-${String(index).padStart(4, '0')}`,
    text: { prompt, response },
    tokens: tokens[index]!,
  }));
}

async function fit(pool: readonly PoolRow[], trusted: readonly PoolRow[], config: Record<string, unknown> = {}) {
  const attempt = new Attempt({ model, pool });
  const ranking = await dsir.fit({ ...attempt.context, trusted }, config);
  return { ...ranking, attempt };
}

describe('n-grams', () => {
  // The reference's expressions in Python 3.11: re with \w+|[^\w\s]+ and hashlib.
  it('are cut as the reference cuts them', () => {
    expect(wordPunctTokens("Alice went to the MARKET, didn't she?!")).toEqual([
      'alice',
      'went',
      'to',
      'the',
      'market',
      ',',
      'didn',
      "'",
      't',
      'she',
      '?!',
    ]);
    expect(wordPunctTokens('naïve café_3 —  “ΣΊΣΥΦΟΣ”…')).toEqual(['naïve', 'café_3', '—', '“', 'σίσυφος', '”…']);
    expect(wordPunctTokens('x\u001cy\u0085z\ufeffw\u00a0v e\u0301t ١٢ ½ Ⅳ')).toEqual([
      'x',
      'y',
      'z',
      '\ufeff',
      'w',
      'v',
      'e',
      '\u0301',
      't',
      '١٢',
      '½',
      'ⅳ',
    ]);
    expect(wordPunctTokens(' \n')).toEqual([]);
  });

  it('are hashed as the reference hashes them', () => {
    expect([bucketOf('alice', 10_000), bucketOf('alice went', 10_000)]).toEqual([6720, 114]);
    expect([bucketOf('alice', 2 ** 20), bucketOf('alice went', 7)]).toEqual([880_272, 3]);
    const buckets = new NgramBuckets(10_000);
    const sorted = (text: string) => Array.from(buckets.of(text)).sort((a, b) => a - b);
    expect(sorted('Alice went')).toEqual([114, 6720, 5816].sort((a, b) => a - b));
    expect(sorted('日本語 テスト。')).toEqual([7333, 8985, 2647, 2417, 1184].sort((a, b) => a - b));
    expect(sorted('naïve café_3 —  “ΣΊΣΥΦΟΣ”…')).toEqual(
      [8184, 4818, 7709, 2355, 1188, 6381, 4396, 2442, 733, 4688, 2640].sort((a, b) => a - b),
    );
  });

  it('number 2 x words - 1, and come out of the cache as they went in', () => {
    const buckets = new NgramBuckets(10_000);
    expect(buckets.of('one two three four five')).toHaveLength(9);
    expect(buckets.of('')).toHaveLength(0);
    // More n-grams than the cache has slots for in one place, twice.
    const texts = Array.from({ length: 3000 }, (_, index) => `word${index} word${(index * 7) % 3000} and word${(index * 31) % 3000}`);
    for (let round = 0; round < 2; round++) {
      for (const text of texts) {
        const [a, b, c, d] = text.split(' ') as [string, string, string, string];
        const expected = [a, b, c, d, `${a} ${b}`, `${b} ${c}`, `${c} ${d}`].map((ngram) => bucketOf(ngram, 10_000));
        expect(Array.from(buckets.of(text)).sort((x, y) => x - y)).toEqual(expected.sort((x, y) => x - y));
      }
    }
    const long = Array.from({ length: 5000 }, (_, index) => `w${index}`).join(' ');
    expect(buckets.of(long)).toHaveLength(9999);
  });
});

describe('importance weights', () => {
  it('are made of shares that sum to one', () => {
    const counts = Float64Array.of(3, 0, 5, 2);
    const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
    expect(sum(bucketShares(counts))).toBeCloseTo(1, 14);
    expect(sum(bucketShares(counts, 0.5))).toBeCloseTo(1, 14);
    expect(bucketShares(counts, 0.5)[1]).toBeCloseTo(0.5 / 12, 14);
    expect(bucketShares(new Float64Array(3))).toEqual(new Float64Array(3));
    expect(logRatios(counts, counts, 0)).toEqual(new Float64Array(4));
  });

  it('are those of a float64 computation in Python', async () => {
    const trusted = rowsOf(['the cat sat on the mat', 'the dog sat']);
    const pool = rowsOf(['the cat ran', 'a dog sat on a log', 'prices rose today']);
    const { columns, scores } = await fit(pool, trusted, { order: 'top-k' });
    expect(columns['log_weight']).toBeAllclose([-28.83790385400544, -91.59042982051525, -76.88079258114462], { rtol: 1e-13, atol: 0 });
    expect(scores).toEqual(columns['log_weight']);
    expect(Array.from(columns['num_words']!)).toEqual([3, 6, 3]);
    const smoothed = await fit(pool, trusted, { order: 'top-k', smoothing: 0.5 });
    expect(smoothed.scores).toBeAllclose([-26.701648609210512, -63.24079475928318, -30.844563600904863], { rtol: 1e-13, atol: 0 });
  });

  it('are zero where target and pool are the same', async () => {
    const pool = rowsOf(['a b c', 'd e', 'a a a']);
    const { columns } = await fit(pool, pool);
    expect(Array.from(columns['log_weight']!)).toEqual([0, 0, 0]);
  });
});

describe('dsir', () => {
  const safe = ['i will not help with that', 'that would hurt people so no', 'please talk to someone you trust'];
  const other = ['the recipe needs two eggs', 'sort the list by its second field', 'paris is the capital of france'];
  const varied = (texts: readonly string[], count: number, tag: string) =>
    Array.from({ length: count }, (_, index) => `${texts[index % 3]} ${tag}${index} ${texts[(index * 7 + 1) % 3]}`);
  const pool = rowsOf([...varied(safe, 30, 'x'), ...varied(other, 30, 'y')]);
  const trusted = rowsOf(varied(safe, 12, 'z'));

  it.each(['gumbel', 'top-k'])('puts rows that read like the target first, order %s', async (order) => {
    const { scores } = await fit(pool, trusted, { order });
    expect(Math.min(...scores.subarray(0, 30))).toBeGreaterThan(Math.max(...scores.subarray(30)));
    const { context } = new Attempt({ model, pool });
    const harmful = await dsir.fit({ ...context, trusted, harmful: rowsOf(varied(other, 12, 'z')) }, { order, target: 'harmful' });
    expect(Math.max(...harmful.scores.subarray(0, 30))).toBeLessThan(Math.min(...harmful.scores.subarray(30)));
  });

  it('draws by the weights: of equal rows each is first equally often, and a row of twice the weight twice as often', async () => {
    const numDraws = 3000;
    // One word a row; the target has "b" twice as often as the pool has it, so the weights of a, b are as 1 to 2 but for the epsilon.
    const weights = logRatios(Float64Array.of(1, 2), Float64Array.of(1, 1), 0);
    expect(Math.exp(weights[1]! - weights[0]!)).toBeCloseTo(2, 6);
    const rows = rowsOf(Array.from({ length: 4 * numDraws }, (_, index) => (index % 2 === 0 ? 'a' : 'b')));
    const { scores } = await fit(rows, rowsOf(['a', 'b', 'b']));
    const firsts = [0, 0, 0, 0];
    for (let start = 0; start < scores.length; start += 4) {
      const four = scores.subarray(start, start + 4);
      firsts[four.indexOf(Math.max(...four))]!++;
    }
    const shares = firsts.map((count) => count / numDraws);
    // Four standard deviations of a share over the draws.
    expect(shares).toBeAllclose([1 / 6, 1 / 3, 1 / 6, 1 / 3], { rtol: 0, atol: 4 * Math.sqrt(0.25 / numDraws) });
  });

  it('reads the prompt too unless told not to', async () => {
    const rows = [...rowsOf(['yes'], 'a b c'), ...rowsOf(['no'], 'a b c').map((row) => ({ ...row, id: 'z' }))];
    const both = await fit(rows, rows, { order: 'top-k' });
    const response = await fit(rows, rows, { order: 'top-k', text: 'response' });
    expect(Array.from(both.columns['num_words']!)).toEqual([4, 4]);
    expect(Array.from(response.columns['num_words']!)).toEqual([1, 1]);
  });

  it('ranks rows shorter than minLength last, and counts them', async () => {
    const rows = rowsOf(['one two three', 'one', 'one two three four']);
    const { scores, columns, attempt } = await fit(rows, rows, { minLength: 3 });
    expect(scores[1]).toBeLessThan(Math.min(scores[0]!, scores[2]!));
    expect(columns['log_weight']![1]).not.toBeNaN();
    expect(attempt.notes).toEqual({ tooShort: 1 });
  });

  it('says what is missing without a target', async () => {
    await expect(fit(pool, [])).rejects.toMatchObject({ code: 'E_DATA', hint: 'name a file by --validation' });
    await expect(fit(pool, trusted, { target: 'harmful' })).rejects.toThrow('there are no harmful rows');
    const unanswered = trusted.map((row) => ({ ...row, tokens: { ...row.tokens, hasTargets: false } }));
    await expect(fit(pool, unanswered)).rejects.toMatchObject({ code: 'E_DATA' });
  });
});

describe('weights per n-gram', () => {
  it('are log weights over their number of n-grams', async () => {
    const pool = rowsOf(['no way', 'no way, no way, no way, sorry', 'of course: first take the ladder', 'sorry, no', 'word']);
    const { scores, columns } = await fit(pool, rowsOf(['sorry, no way', 'no']), { order: 'top-k', perNgram: true });
    const expected = columns['log_weight']!.map((weight, index) => weight / (2 * columns['num_words']![index]! - 1));
    expect(scores).toBeAllclose(expected, { rtol: 1e-13, atol: 0 });
  });
});
