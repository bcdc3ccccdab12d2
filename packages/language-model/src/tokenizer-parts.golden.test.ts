import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { goldenPath } from '@pharmacist/test-fixtures';
import { afterAll, expect, it } from 'vitest';
import type { JsonObject } from './json-file.ts';
import { Tokenizer } from './tokenizer.ts';

interface PartsGolden {
  readonly name: string;
  /** The tokenizer under golden/tokenizers whose parts are replaced. */
  readonly kind: string;
  readonly parts: JsonObject;
  readonly cases: readonly [text: string, ids: number[], decoded: string, decodedSkipSpecialTokens: string][];
}

const goldens = JSON.parse(readFileSync(goldenPath('tokenizer-parts', 'cases.json'), 'utf8')) as PartsGolden[];
const folder = mkdtempSync(join(tmpdir(), 'tokenizer-parts-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

it.each(goldens)('$kind, $name: as the tokenizers library', async ({ kind, parts, cases }) => {
  const read = (name: string) => readFileSync(goldenPath('tokenizers', kind, name), 'utf8');
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify({ ...(JSON.parse(read('tokenizer.json')) as JsonObject), ...parts }));
  writeFileSync(join(folder, 'tokenizer_config.json'), read('tokenizer_config.json'));
  const tokenizer = await Tokenizer.load(folder);
  for (const [text, ids, decoded, decodedSkipSpecialTokens] of cases) {
    const label = JSON.stringify(text);
    expect(tokenizer.encode(text), label).toEqual(ids);
    expect(tokenizer.decode(ids, { skipSpecialTokens: false }), label).toBe(decoded);
    expect(tokenizer.decode(ids), label).toBe(decodedSkipSpecialTokens);
  }
});
