import { describe, expect, it } from 'vitest';
import { renderReport } from '../src/render-report.ts';
import { HOSTILE, syntheticReport } from './support/synthetic-report.ts';

const data = syntheticReport();
const [ranking] = data.rankings;
const [first, second, ...rest] = [...ranking!.rows].sort((a, b) => a.rank - b.rank);

describe('an explained ranking in the report', () => {
  it('says in words why a row is where it is, as text whatever an id holds', async () => {
    const explained = {
      ...first!,
      columns: { loss: 1.5, nearest_kept_similarity: 0.91234, duplicate_group: 4 },
      texts: { nearest_kept: HOSTILE.script, flags: 'duplicate,non-refusal' },
    };
    const plain = { ...second!, columns: { loss: 2 }, texts: {} };
    const page = await renderReport({ ...data, rankings: [{ ...ranking!, rows: [explained, plain, ...rest] }] });
    const rows = page.slice(page.indexOf('id="rows"')).replace(/\s+/g, ' ');
    const why = /<p class="facts"> ?<strong>Why<\/strong>(.*?)<\/p>/.exec(rows)![1]!;
    expect(why).toContain('(similarity 0.912)');
    expect(why).toContain('near-duplicates in group 4');
    expect(why).toContain('flags: <bdi>duplicate, non-refusal</bdi>');
    expect(page).not.toMatch(/<script/i);
    expect(rows.match(/<strong>Why/g)).toHaveLength(1);
    // The numbers are in the words, not beside them.
    expect(rows).not.toContain('nearest_kept_similarity');
  });
});
