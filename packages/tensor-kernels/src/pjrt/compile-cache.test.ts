import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CompileCache } from './compile-cache.ts';

let dir: string;
beforeAll(async () => (dir = await mkdtemp(join(tmpdir(), 'pharmacist-compile-cache-'))));
afterAll(async () => await rm(dir, { recursive: true }));

describe('CompileCache', () => {
  it('gives back what was written, to the same plugin, device and options alone', async () => {
    const cache = new CompileCache('plugin 1', { dir: join(dir, 'a') });
    const key = cache.keyOf('module {}', Uint8Array.of(1));
    await cache.write(key, Uint8Array.of(7, 8));
    expect(await cache.read(key)).toEqual(Buffer.of(7, 8));
    expect(cache.keyOf('module {}', Uint8Array.of(2))).not.toBe(key);
    expect(new CompileCache('plugin 2', { dir: join(dir, 'a') }).keyOf('module {}', Uint8Array.of(1))).not.toBe(key);
    expect(await cache.read(cache.keyOf('another', Uint8Array.of(1)))).toBeUndefined();
  });

  it('forgets what was used least recently when it holds too many bytes', async () => {
    const place = join(dir, 'b');
    const cache = new CompileCache('plugin', { dir: place, maxBytes: 250 });
    for (const [key, age] of [
      ['first', 30],
      ['second', 20],
      ['third', 10],
    ] as const) {
      await cache.write(key, new Uint8Array(80));
      const then = new Date(Date.now() - age * 1000);
      await utimes(join(place, `${key}.xla`), then, then);
    }
    await cache.read('first');
    await cache.write('fourth', new Uint8Array(80));
    expect((await readdir(place)).sort()).toEqual(['first.xla', 'fourth.xla', 'third.xla']);
  });

  it('is none where it cannot be written', async () => {
    const cache = new CompileCache('plugin', { dir: join(fileURLToPath(import.meta.url), 'below-a-file') });
    await cache.write('key', Uint8Array.of(1));
    expect(await cache.read('key')).toBeUndefined();
  });
});
