import { COMPARED_METRICS, compareMethods, type ResultRow } from '@pharmacist/results';
import { beforeAll, describe, expect, it } from 'vitest';
import { renderReport } from '../src/render-report.ts';
import type { ReportData } from '../src/report-data.ts';
import { syntheticPage } from './support/synthetic-page.ts';
import { syntheticReport, syntheticRow } from './support/synthetic-report.ts';

let data: ReportData;
let page: string;
/** Drawings of rankings are most of a page. */
let withoutRankings: ReportData;

beforeAll(async () => {
  data = syntheticReport();
  page = await syntheticPage();
  withoutRankings = { ...data, rankings: [], rankingResults: [] };
});

function sectionOf(markup: string, id: string): string {
  const start = markup.indexOf(`<section id="${id}"`);
  return start < 0 ? '' : markup.slice(start, markup.indexOf('</section>', start));
}

/** Text of the rows of all tables, tags left out. */
function tableRows(markup: string): string[] {
  return [...markup.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row]) =>
    row!
      .replace(/<svg.*?<\/svg>|<[^>]*>/gs, ' ')
      .replace(/\s+/g, ' ')
      .trim(),
  );
}

describe('the section of comparisons', () => {
  it('has a row for each comparison, with its interval, p values and verdict in words', () => {
    const rows = tableRows(sectionOf(page, 'comparisons')).filter((row) => row.startsWith('pharmacist −'));
    expect(rows).toHaveLength(data.comparisons.length);
    for (const { method, defense, pHolm, verdict } of data.comparisons) {
      const printed = pHolm! < 0.0001 ? '< 0.0001' : pHolm!.toFixed(4);
      expect(
        rows.some((row) => row.startsWith(`pharmacist − ${method} ${defense} `) && row.includes(`] ${verdict} ${printed} `)),
        `${method} ${defense} ${verdict} ${printed}`,
      ).toBe(true);
    }
  });

  it('says how many differences are secured, and draws a forest for each metric and defense', () => {
    const section = sectionOf(page, 'comparisons');
    const family = data.comparisons.filter(({ metric, scope }) => metric === 'harmfulScoreAfter' && scope === 'pooled');
    const numBetter = family.filter(({ verdict }) => verdict === 'better').length;
    const words = section.replace(/<[^>]*>/g, '').replace(/\s+/g, ' ');
    expect(words).toContain(`of ${family.length} comparisons of pharmacist with full, random, it is better in ${numBetter}, worse in 0`);
    expect(section.match(/aria-label="[^"]*pharmacist minus each other method, defense [^"]*"/g)).toHaveLength(5 * COMPARED_METRICS.length);
  });

  it('says in one sentence in how many cells the oracle beats the full set', async () => {
    const rows = ['full', 'oracle'].flatMap((method) =>
      ['sft', 'booster'].flatMap((defense) =>
        [0, 1, 2].map((seed): ResultRow => {
          const gain = method === 'oracle' && defense === 'sft' ? 5 + seed / 10 : [0, 1, -1][seed]!;
          return { ...syntheticRow('full', defense, 0.1, seed), method, harmfulScoreAfter: 20 - (method === 'oracle' ? gain : 0) };
        }),
      ),
    );
    const comparisons = compareMethods(rows, { pairs: [['oracle', 'full']], metrics: ['harmfulScoreAfter'] });
    const words = sectionOf(await renderReport({ ...withoutRankings, results: rows, comparisons }), 'comparisons')
      .replace(/<[^>]*>/g, '')
      .replace(/\s+/g, ' ');
    expect(words).toContain('with an interval clear of zero? In 1 of 2 cells (defense).');
    // Whatever the two are called, and whichever of them is the reference.
    const renamed = rows.map((row) => ({ ...row, method: row.method === 'full' ? 'everything' : row.method }));
    const turned = compareMethods(renamed, { pairs: [['everything', 'oracle']], metrics: ['harmfulScoreAfter'] });
    const bounds = { oracle: 'oracle', full: 'everything' };
    expect(await renderReport({ ...withoutRankings, results: renamed, comparisons: turned, bounds })).toMatch(
      /clear of zero\? In 1 of\s+2 cells/,
    );
    // Two rows: short enough to stand open.
    expect(words).not.toContain('differences as a table');
  });

  it('is left out with one seed', async () => {
    const one = await renderReport({ ...withoutRankings, comparisons: [] });
    expect(one).not.toContain('id="comparisons"');
  });

  it('has words, not numbers, where every seed gave the same difference', async () => {
    const rows = ['full', 'pharmacist'].flatMap((method) =>
      [0, 1].map((seed): ResultRow => ({ ...syntheticRow(method, 'sft', 0.1, seed), harmfulScoreAfter: method === 'full' ? 9 : 8 })),
    );
    const comparisons = compareMethods(rows, { pairs: [['pharmacist', 'full']], metrics: ['harmfulScoreAfter'] });
    const small = await renderReport({ ...withoutRankings, results: rows, comparisons });
    expect(small).toMatch(/: of 1 comparison \(poison ratio and defense\),/);
    const section = sectionOf(small, 'comparisons');
    expect(section).toContain('of 1 comparison of <bdi>pharmacist</bdi>');
    expect(tableRows(section).at(-1)).toMatch(/−1\.0 not secured not defined not defined /);
    expect(section).not.toMatch(/NaN|Infinity|undefined|null/);
  });
});

describe('the section by share kept', () => {
  it('is there only where a method has several shares, with a line a method', async () => {
    expect(page).not.toContain('id="keep-ratio"');
    const results = [0.1, 0.2].flatMap((keep) =>
      ['full', 'random', 'pharmacist'].flatMap((method) =>
        [0, 1, 2].map((seed): ResultRow => ({ ...syntheticRow(method, 'sft', 0.1, seed), keep: method === 'full' ? 1 : keep })),
      ),
    );
    const section = sectionOf(
      await renderReport({ ...withoutRankings, results: results.slice(0, 3).concat(results.filter(({ method }) => method !== 'full')) }),
      'keep-ratio',
    );
    expect(section.match(/aria-label="[^"]*by the share kept, [^"]*, defense sft, one line a method/g)).toHaveLength(2);
    expect(section).toContain('mark of pharmacist"');
    expect(section).not.toMatch(/NaN|Infinity|undefined/);
  });
});

describe('the table of time saved', () => {
  it('shows selection and alignment apart and together against the full set', () => {
    const rows = tableRows(sectionOf(page, 'time'));
    const meanOf = (method: string, column: 'selectSeconds' | 'alignSeconds') => {
      const cells = data.results.filter((row) => row.method === method && row.defense === 'sft');
      return cells.reduce((sum, row) => sum + row[column], 0) / cells.length;
    };
    const [select, align, whole] = [
      meanOf('pharmacist', 'selectSeconds'),
      meanOf('pharmacist', 'alignSeconds'),
      meanOf('full', 'alignSeconds'),
    ];
    const share = (seconds: number) => `${Number(((100 * (whole - seconds)) / whole).toFixed(1))} %`;
    expect(rows.some((row) => row.startsWith('pharmacist') && row.endsWith(`${share(align)} ${share(select + align)}`))).toBe(true);
    const words = sectionOf(page, 'time')
      .replace(/<[^>]*>/g, '')
      .replace(/\s+/g, ' ');
    expect(words).toMatch(/pharmacist saves \d+ %( to \d+ %)? of the full set’s alignment time, \d+ % to \d+ % with its selection counted/);
  });
});
