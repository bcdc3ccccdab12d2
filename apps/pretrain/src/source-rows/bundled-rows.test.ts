import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { bundledPath } from '@pharmacist/test-fixtures';
import { beforeAll, describe, expect, it } from 'vitest';
import { isMild, isMildRefusal } from '../planted/mildness.ts';
import { MAX_HARMFUL_CHARS } from './limits.ts';
import { LONG_CHARS, STRATA } from './source-row.ts';
import type { BundledSourceRow } from './source-rows.ts';

let bytes: Buffer;
let rows: BundledSourceRow[];
const of = (kind: string): BundledSourceRow[] => rows.filter((row) => row.kind === kind);

beforeAll(async () => {
  bytes = await readFile(bundledPath('data', 'planted', 'rows.jsonl'));
  rows = bytes
    .toString('utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as BundledSourceRow);
});

describe('the bundled source rows', () => {
  it('are the file whose hash the README names, and fit in 600 kB', async () => {
    const readme = await readFile(bundledPath('data', 'README.md'), 'utf8');
    expect(readme).toContain(createHash('sha256').update(bytes).digest('hex'));
    expect(bytes.length).toBeLessThan(600_000);
  });

  it('say of each row what it is, with an id that does not', () => {
    for (const { id, kind, stratum, source } of rows) {
      expect(id).toMatch(/^row-\d{4}$/);
      expect(STRATA[kind]).toContain(stratum);
      expect(source).toMatch(/^[a-z0-9_]+$/);
    }
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
    expect(new Set(rows.map(({ prompt, response }) => `${prompt}\n${response}`)).size).toBe(rows.length);
  });

  it('have good rows of three sources, each enough for a pool of its own', () => {
    const sources = ['hh_harmless', 'refusal_direction', 'xstest'];
    expect([...new Set(of('good').map(({ source }) => source))].sort()).toEqual(sources);
    for (const source of sources) expect(of('good').filter((row) => row.source === source).length).toBeGreaterThan(112);
  });

  it('have every stratum of every kind', () => {
    for (const [kind, strata] of Object.entries(STRATA)) expect(new Set(of(kind).map(({ stratum }) => stratum))).toEqual(new Set(strata));
    for (const row of rows) {
      if (row.stratum === 'long' || row.stratum === 'refusal-long') expect(row.response.length).toBeGreaterThanOrEqual(LONG_CHARS);
      if (row.stratum === 'refusal-bare') expect(row.response.length).toBeLessThan(LONG_CHARS);
    }
  });

  it('leave out what is not mild; harmful answers are short', () => {
    expect(of('mislabelled').filter((row) => !isMild(row))).toEqual([]);
    expect(rows.filter((row) => row.kind !== 'mislabelled' && !isMildRefusal(row))).toEqual([]);
    for (const { response, stratum } of of('mislabelled')) {
      expect(response.length).toBeLessThanOrEqual(MAX_HARMFUL_CHARS + (stratum === 'compliance' ? 0 : 90));
    }
  });
});
