import { mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentReporter } from '@pharmacist/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, AnswerCache } from './answer-cache.ts';

let dir: string;
beforeEach(async () => void (dir = await mkdtemp(join(tmpdir(), 'pharmacist-answers-'))));
afterEach(async () => await rm(dir, { recursive: true }));

const settings = { modelHash: 'm', engine: 'onnx', generation: 1, maxNewTokens: 8 };
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
  });

  it.each([{ modelHash: 'n' }, { engine: 'pjrt-bfloat16' }, { generation: 2 }, { maxNewTokens: 9 }])(
    'are not those of %o',
    async (other) => {
      await (await open()).add([['prompt', answer('1')]]);
      expect((await open()).get('prompt')).toEqual(answer('1'));
      expect((await AnswerCache.open({ dir }, { ...settings, ...other }, silentReporter)).get('prompt')).toBeUndefined();
    },
  );

  it('stay within a bound: those used least recently go, and who wrote them writes them again', async () => {
    const of = async (modelHash: string, maxBytes?: number) =>
      await AnswerCache.open({ dir, maxBytes }, { ...settings, modelHash }, silentReporter);
    const first = await of('first');
    await first.add([['prompt', answer('1')]]);
    const [oldest] = await readdir(dir);
    await utimes(join(dir, oldest!), 1, 1);
    await (await of('second')).add([['prompt', answer('2')]]);
    const { size } = await stat(join(dir, oldest!));
    const third = await of('third', 1.5 * size);
    expect((await of('first')).get('prompt')).toBeUndefined();
    expect((await of('second')).get('prompt')).toEqual(answer('2'));
    await Promise.all([third.add([['prompt', answer('3')]]), first.add([['another', answer('4')]])]);
    expect((await of('first')).get('prompt')).toEqual(answer('1'));
    expect((await of('third')).get('prompt')).toEqual(answer('3'));
  });

  it('that are read are used', async () => {
    await (await open()).add([['prompt', answer('1')]]);
    const path = join(dir, (await readdir(dir))[0]!);
    await utimes(path, 1, 1);
    await open('another');
    expect((await stat(path)).mtimeMs).toBeGreaterThan(1000);
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
