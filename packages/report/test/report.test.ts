import { meanInterval } from '@pharmacist/metrics';
import { RESULT_METRICS } from '@pharmacist/results';
import { beforeAll, describe, expect, it } from 'vitest';
import { escapeHtml } from '../src/html.ts';
import { renderReport } from '../src/render-report.ts';
import type { ReportData } from '../src/report-data.ts';
import { PAGE_COLORS } from '../src/style.ts';
import { PHASE_COLORS, SERIES_COLORS } from '../src/charts/theme.ts';
import { syntheticBenchmark } from './support/synthetic-rankings.ts';
import { syntheticPage } from './support/synthetic-page.ts';
import { HOSTILE, syntheticReport } from './support/synthetic-report.ts';

let data: ReportData;
let page: string;

beforeAll(async () => {
  data = syntheticReport();
  page = await syntheticPage();
});

/** Text of the rows of all tables, tags left out. */
function tableRows(markup: string): string[] {
  return [...markup.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row]) =>
    row!
      .replace(/<svg.*?<\/svg>|<[^>]*>/gs, ' ')
      .replace(/\s+/g, ' ')
      .trim(),
  );
}

describe('renderReport', () => {
  it('gives equal bytes for equal data', async () => {
    expect(await renderReport(structuredClone(data))).toBe(page);
  });

  it('holds the mean and interval of each method, from the rows themselves', () => {
    const rows = tableRows(page.slice(page.indexOf('id="results"'), page.indexOf('id="trade-off"')));
    let numCompared = 0;
    for (const poisonRatio of [0.1, 0.2]) {
      for (const defense of ['sft', 'vaccine', 'repnoise', 'booster', 't-vaccine']) {
        for (const method of ['full', 'random', 'pharmacist']) {
          const cells = data.results.filter((r) => r.method === method && r.defense === defense && r.poisonRatio === poisonRatio);
          for (const metric of ['harmfulScoreAfter', 'taskAccuracyAfter', 'harmfulScoreBefore', 'taskAccuracyBefore'] as const) {
            const values = cells.map((cell) => cell[metric]!);
            // Three equal values have the interval over items, which report-summary.test.ts covers.
            if (values.every((value) => value === values[0])) continue;
            const { mean, low, high } = meanInterval(values);
            const printed = `${mean.toFixed(1)} [${Math.max(0, low).toFixed(1)}, ${Math.min(100, high).toFixed(1)}]`;
            expect(
              rows.some((row) => row.startsWith(method) && row.includes(printed)),
              `${method} ${defense} ${metric} ${printed}`,
            ).toBe(true);
            numCompared++;
          }
        }
      }
    }
    expect(numCompared).toBeGreaterThan(100);
  });

  it('keeps every text of the data a text', () => {
    for (const hostile of Object.values(HOSTILE)) expect(page).toContain(escapeHtml(hostile));
    expect(page).not.toMatch(/<script/i);
    expect(page).not.toContain('<img');
    expect(page.match(/<\/style/g)).toHaveLength(1);
    expect(page).not.toMatch(/<[^>]* on[a-z]+=/i);
    // oxlint-disable-next-line no-control-regex
    expect(page).not.toMatch(/[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/);
    expect(Buffer.from(page, 'utf8').toString('utf8')).toBe(page);
  });

  it('keeps names of methods, defenses and kinds texts, in tables and in drawings', async () => {
    const [row] = data.results;
    const [ranking] = data.rankings.filter(({ method }) => method === 'pharmacist');
    const name = `<script>x</script>"'${HOSTILE.style}`;
    const hostile = await renderReport({
      ...data,
      title: name,
      judge: { name, isProxy: true, description: name },
      results: [0.1, 0.2].map((poisonRatio) => ({ ...row!, method: name, defense: name, task: name, judge: name, poisonRatio })),
      rankings: [{ ...ranking!, method: name, planted: undefined, rows: ranking!.rows.map((one) => ({ ...one, kind: name, id: name })) }],
    });
    expect(hostile).not.toMatch(/<script/i);
    expect(hostile.match(/<\/style/g)).toHaveLength(1);
    expect(hostile.match(/<svg/g)!.length).toBe(hostile.match(/<\/svg>/g)!.length);
  });

  it('forbids scripts and loading, and refers to nothing outside', () => {
    const [, policy] = /<meta http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)!;
    expect(policy).toBe("default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'");
    expect(page).not.toMatch(/https?:/i);
    expect(page).not.toMatch(/url\(|@import|<iframe|<object|<embed|<form/i);
    const links = [...page.matchAll(/ (?:href|src)="([^"]*)"/g)].map(([, link]) => link!);
    expect(links.filter((link) => !link.startsWith('#'))).toEqual(['data:,']);
    for (const link of links.filter((one) => one.startsWith('#'))) expect(page).toContain(`id="${link.slice(1)}"`);
  });

  it('names a proxy judge at every harmful score', () => {
    const headings = [...page.matchAll(/<th scope="col">(.*?)<\/th>/gs)]
      .map(([, heading]) => heading!)
      .filter((heading) => /harmful (score|or incoherent)/i.test(heading));
    expect(headings.length).toBeGreaterThan(4);
    for (const heading of headings) expect(heading).toContain('(ngram, proxy judge)');
    const drawings = [...page.matchAll(/<svg.*?<\/svg>/gs)]
      .map(([drawing]) => drawing)
      .filter((drawing) => drawing.includes('Harmful score'));
    expect(drawings.length).toBeGreaterThan(10);
    for (const drawing of drawings) expect(drawing.replace(/^<svg[^>]*>/, '')).toContain('(ngram, proxy judge)');
  });

  it('calls a judge that is none no proxy', async () => {
    const real = await renderReport({
      ...data,
      judge: { name: 'beaver-dam', isProxy: false, description: 'the field’s own' },
      results: data.results.map((row) => ({ ...row, judge: 'beaver-dam' })),
    });
    expect(real).toContain('(judge beaver-dam)');
    expect(real).not.toMatch(/proxy judge/i);
  });

  it('gives every drawing a role and a name, and no part of it an id or a colour that one theme hides', () => {
    const openings = [...page.matchAll(/<svg [^>]*>/g)].map(([opening]) => opening);
    expect(openings.length).toBeGreaterThan(30);
    for (const opening of openings) expect(opening).toMatch(/role="img" aria-label="[^"]+"/);
    for (const [drawing] of page.matchAll(/<svg.*?<\/svg>/gs)) {
      expect(drawing).not.toMatch(/ id="|NaN|Infinity|undefined|(?:fill|stroke)="(?:#|black|white|rgb)/);
    }
  });

  it('shows the ten best and the ten worst rows of each ranking, closed', () => {
    const rows = page.slice(page.indexOf('id="rows"'), page.indexOf('id="configuration"'));
    expect(rows.match(/<li value=/g)).toHaveLength(9 * 20);
    expect(rows.match(/<details/g)).toHaveLength(1 + 9);
    expect(page).not.toMatch(/<details[^>]* open/);
    expect(rows.indexOf('Content warning')).toBeLessThan(rows.indexOf('<li value='));
  });

  it('counts what was left out', () => {
    // random under booster: 1 + 2 + 3 unparsable at each of two poison ratios.
    expect(page).toContain('12 items could not be judged or parsed');
    expect(tableRows(page.slice(page.indexOf('id="left-out"'), page.indexOf('id="time"')))).toContain('random booster 10 % 0 6 0');
  });

  it('has a page for a run of one cell, without rankings, and for one without a cell', async () => {
    const one = await renderReport({ ...data, results: data.results.slice(0, 1), rankings: [] });
    expect(one).toContain('id="results"');
    expect(one).not.toContain('id="poison-ratio"');
    expect(one).not.toMatch(/NaN|undefined/);
    const unmeasured = Object.fromEntries(
      RESULT_METRICS.flatMap((name) => [name, `${name}Low`, `${name}High`]).map((name) => [name, undefined]),
    );
    const bare = await renderReport({ ...data, results: [{ ...data.results[0]!, ...unmeasured }] });
    expect(bare).not.toMatch(/NaN|undefined/);
    expect(bare).not.toContain('id="trade-off"');
    const none = await renderReport({ ...data, results: [], rankings: [], rankingResults: [] });
    expect(none).toContain('This run has no finished cell.');
    expect(none).toContain('id="configuration"');
  });
});

describe('planted kinds', () => {
  const section = (markup: string) => markup.slice(markup.indexOf('id="planted"'), markup.indexOf('id="scores"'));

  it('stand beside the results of a grid: figures, stability, time and passes', () => {
    const rows = tableRows(section(page));
    const own = data.rankingResults.filter(({ method }) => method === 'pharmacist');
    const { mean, low, high } = meanInterval(own.map(({ auroc }) => auroc!));
    const row = rows.find((one) => one.startsWith('pharmacist'));
    expect(row).toContain(`${mean.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`);
    const precision = meanInterval(own.map(({ averagePrecision }) => averagePrecision!));
    expect(row).toContain(`${precision.mean.toFixed(3)} [`);
    expect(row).toMatch(/0\.870 9\.3 s 1,200 800$/);
    expect(rows.some((one) => one.startsWith('full'))).toBe(false);
  });

  describe('of a run that only ranks', () => {
    let benchmark: ReportData;
    let ranked: string;
    beforeAll(async () => {
      benchmark = syntheticBenchmark(data);
      ranked = await renderReport(benchmark);
    });

    it('have a page without a judge and without the sections of an attack', () => {
      expect(ranked).toContain('192 rankings: 8 pools, 8 selection methods, 3 seeds. Nothing was aligned or attacked.');
      expect(ranked).not.toMatch(/judge|attack\b|NaN|undefined/i);
      const ids = [...ranked.matchAll(/<section id="([^"]*)"/g)].map(([, id]) => id);
      expect(ids).toEqual(['planted', 'scores', 'rows', 'configuration']);
    });

    it('average pools within a seed, and list each pool by itself', () => {
      const rows = tableRows(section(ranked));
      const seeds = [0, 1, 2].map((seed) => {
        const own = benchmark.rankingResults.filter((result) => result.method === 'less' && result.seed === seed);
        return own.reduce((sum, { auroc }) => sum + auroc!, 0) / own.length;
      });
      const { mean, low, high } = meanInterval(seeds);
      expect(rows.find((row) => row.startsWith('less'))).toContain(`${mean.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`);
      // Over all pools and pool by pool, each overall and by kind.
      expect(rows.filter((row) => row.startsWith('less'))).toHaveLength(2 * (1 + 8));
      expect(
        section(ranked)
          .replace(/<[^>]*>|\s+/g, ' ')
          .replace(/ +/g, ' '),
      ).toContain('Pool mislabelled-20 : 120 rows, 96 good, 24 mislabelled ; drawn anew for each seed');
      expect(section(ranked).match(/the same rows for every seed/g)).toHaveLength(2);
      // A pool of one kind knows nothing of the others.
      expect(rows.some((row) => row.includes('not in the pool'))).toBe(true);
    });

    it('have a table of the forms of each kind, over all pools and of each', () => {
      const rows = tableRows(section(ranked));
      const less = benchmark.rankingResults.filter(({ method }) => method === 'less');
      const seeds = [0, 1, 2].map((seed) => {
        const aurocs = less
          .flatMap((result) => (result.seed === seed ? result.strata : []))
          .flatMap((one) => (one.stratum === 'spliced' ? one.auroc! : []));
        return aurocs.reduce((sum, auroc) => sum + auroc, 0) / aurocs.length;
      });
      const { mean, low, high } = meanInterval(seeds);
      const spliced = rows.filter((row) => row.startsWith('spliced'));
      expect(spliced[0]).toContain(` ${mean.toFixed(2)} [${low.toFixed(2)}, ${Math.min(1, high).toFixed(2)}]`);
      // Of the eight pools five hold such rows, three at given shares alone.
      expect(spliced).toHaveLength(1 + 5);
      expect(rows.find((row) => row.startsWith('good among the kept'))).toMatch(/^good among the kept ?, % [\d.]+/);
      expect(section(ranked)).toContain('<h4>Pool <bdi>low-quality-20</bdi></h4>');
      // A pool whose poor rows have no forms has those of its good ones.
      expect(rows.filter((row) => row.startsWith('refusal-long'))).toHaveLength(1 + 8);
    });

    it('have the curve of the probabilities, with its figures', () => {
      const probable = section(ranked).slice(section(ranked).indexOf('<h3>Probability of being good</h3>'));
      expect(probable).toContain('aria-label="Share of good rows against the probability that pharmacist says, with the diagonal"');
      const rows = tableRows(probable).map((row) => row.trim());
      expect(rows).toContain('pharmacist 2,760 3 0.500 0.460 0.054 0.123 0.245');
      expect(rows).toContain('1 0.050 0.100 276');
      expect(rows).toContain('10 0.950 0.820 276');
      expect(page).not.toContain('Probability of being good');
    });

    it('are drawn by kind, and by rate where pools differ in the share of one kind', () => {
      const names = [...section(ranked).matchAll(/aria-label="(AUROC of good rows [^"]*)"/g)].map(([, name]) => name);
      const byKind = ['all other kinds', 'benign', 'duplicate', 'low-quality', 'mislabelled'];
      expect(names).toEqual([
        ...byKind.map((kind) => `AUROC of good rows against ${kind} by method, with intervals over the seeds`),
        ...['mislabelled', 'low-quality'].map((kind) => `AUROC of good rows against the share of ${kind} rows, one line a method`),
      ]);
    });

    it('show rows and scores of one pool and say which', () => {
      expect(ranked.match(/Shown for the pool <bdi>mixed-200<\/bdi> of 8/g)).toHaveLength(2);
      expect(ranked.match(/<li value=/g)).toHaveLength(8 * 20);
    });
  });
});

describe('palette', () => {
  it.each(['light', 'dark'] as const)('has at least 3:1 against the %s page, and text 4.5:1', (theme) => {
    const { bg, surface, warn, ink, muted, link, good } = PAGE_COLORS[theme];
    for (const color of [...SERIES_COLORS[theme], ...PHASE_COLORS[theme]]) expect(contrast(color, bg), color).toBeGreaterThan(3);
    for (const color of [ink, muted, link, good]) expect(contrast(color, bg), color).toBeGreaterThan(4.5);
    for (const color of [ink, muted]) expect(contrast(color, surface), color).toBeGreaterThan(4.5);
    for (const color of [ink, link]) expect(contrast(color, warn), color).toBeGreaterThan(4.5);
  });
});

/** WCAG 2 contrast ratio of two colours #rrggbb. */
function contrast(first: string, second: string): number {
  const [a, b] = [luminance(first), luminance(second)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

function luminance(color: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}
