import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentReporter } from '@pharmacist/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, AnswerCache } from './answer-cache.ts';

let dir: string;
beforeEach(async () => void (dir = await mkdtemp(join(tmpdir(), 'pharmacist-answers-'))));
afterEach(async () => await rm(dir, { recursive: true }));

const settings = { modelHash: 'm', maxNewTokens: 8 };
const open = async (writer?: string) => await AnswerCache.open({ dir, writer }, settings, silentReporter);
const answer = (text: string): Answer => ({ text, finishReason: 'eos' });

describe('answers that evaluations share', () => {
  it('are all kept, though several write at once', async () => {
    const caches = await Promise.all(['a', 'b', 'c'].map(async (writer) => await open(writer)));
    for (let round = 0; round < 5; round++) {
      await Promise.all(caches.map(async (cache, i) => await cache.add([[`prompt ${i} ${round}`, answer(`${i} ${round}`)]])));
    }
    const later = await open('d');
    for (let i = 0; i < 3; i++)
      for (let round = 0; round < 5; round++) expect(later.get(`prompt ${i} ${round}`)).toEqual(answer(`${i} ${round}`));
    expect(await readdir(dir)).toHaveLength(3);
    expect((await AnswerCache.open({ dir }, { ...settings, maxNewTokens: 9 }, silentReporter)).get('prompt 0 0')).toBeUndefined();
  });

  it('of one that went on where it was killed are read back, and a damaged file of another loses only its own', async () => {
    await (await open('a')).add([['one', answer('1')]]);
    await (await open('b')).add([['two', answer('2')]]);
    const [first] = (await readdir(dir)).toSorted();
    await writeFile(join(dir, first!), 'damaged');
    const warnings: string[] = [];
    const cache = await AnswerCache.open({ dir, writer: 'a' }, settings, {
      ...silentReporter,
      warn: (message) => void warnings.push(message),
    });
    expect([cache.get('one'), cache.get('two')].filter((found) => found !== undefined)).toHaveLength(1);
    expect(warnings).toEqual([expect.stringContaining('are damaged; they are generated again')]);
  });
});
