import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ObjectStore } from '../src/object-store/object-store.ts';
import { parseObjectName } from '../src/object-store/object-name.ts';
import { readRows } from '../src/read-rows.ts';
import { expandSource } from '../src/source/expand-source.ts';
import { etagOf, LoopbackStore } from '@pharmacist/tooling/vitest/loopback-store';

let store: LoopbackStore;
beforeEach(async () => void (store = await LoopbackStore.start()));
afterEach(async () => await store.stop());

const rows = (count: number, of = 'row') =>
  Buffer.from(
    Array.from({ length: count }, (_, i) => JSON.stringify({ id: `${of}${i}`, prompt: `Wish ${i}`, response: `No, ${i}.` })).join('\n'),
  );
const at = (key: string) => ({ bucket: 'rows', key });
const open = async (env: Record<string, string | undefined> = store.env) => await ObjectStore.open('s3://rows/x', { env });

describe('rows of an object store', () => {
  it('are read like those of a file, also where the transfer breaks off, from where it broke', async () => {
    store.objects.set('pool/a.jsonl', rows(5000));
    store.breaks = 3;
    const { rows: found, report } = await readRows('s3://rows/pool/a.jsonl', { env: store.env });
    expect(found).toHaveLength(5000);
    expect([found.at(0)!.id, found.at(-1)!.id]).toEqual(['row0', 'row4999']);
    expect(report.source).toBe('s3://rows/pool/a.jsonl');
    expect(store.requests.filter((request) => request.startsWith('GET'))).toHaveLength(4);
  });

  it('are those of a prefix, of a bucket or of a pattern, page by page', async () => {
    store.pageSize = 2;
    for (const key of ['pool/b.jsonl', 'pool/a.jsonl', 'pool/deep/c.jsonl', 'pool/notes.txt', 'pool/folder/', 'other.csv'])
      store.objects.set(key, rows(1, key));
    const expand = async (name: string) => await expandSource(name, { env: store.env });
    const all = ['s3://rows/pool/a.jsonl', 's3://rows/pool/b.jsonl', 's3://rows/pool/deep/c.jsonl'];
    expect(await expand('s3://rows/pool/')).toEqual(all);
    expect(await expand('s3://rows/pool')).toEqual(all);
    expect(await expand('s3://rows/pool/*.jsonl')).toEqual(all.slice(0, 2));
    expect(await expand('s3://rows/pool/**/*.jsonl')).toEqual(all);
    expect(await expand('s3://rows')).toEqual(['s3://rows/other.csv', ...all]);
    await expect(expand('s3://rows/none/')).rejects.toThrow('holds no object whose name says that it holds rows');
    await expect(expand('s3://rows/pool/*.parquet')).rejects.toThrow('matches no object');
    const { rows: found } = await readRows('s3://rows/pool/*.jsonl', { env: store.env });
    expect(found.length).toBe(2);
  });

  it('are not read on when they change meanwhile', async () => {
    store.objects.set('a.jsonl', rows(5000));
    store.breaks = 1;
    store.onRequest = () => {
      if (store.breaks === 0) store.objects.set('a.jsonl', rows(5001));
    };
    await expect(readRows('s3://rows/a.jsonl', { env: store.env })).rejects.toThrow('it has changed since it was first looked at');
  });

  it('are given up when the transfer breaks off again and again', async () => {
    store.objects.set('a.jsonl', rows(50_000));
    store.breaks = 99;
    await expect(readRows('s3://rows/a.jsonl', { env: store.env })).rejects.toThrow(
      /the transfer broke off after \d+ of \d+ bytes, 6 times/u,
    );
  }, 30_000);
});

describe('what is wrong is said', () => {
  it.each([
    ['s3://UPPER/key', 'is no name in an object store'],
    ['s3:///key', 'is no name in an object store'],
    ['s3://a', 'is no name in an object store'],
  ])('%s', (name, message) => {
    expect(() => parseObjectName(name)).toThrow(message);
  });

  it('without keys, naming the variable, and never a key', async () => {
    const { AWS_SECRET_ACCESS_KEY: secret, ...others } = store.env;
    await expect(open(others)).rejects.toThrow('cannot be reached without keys: AWS_SECRET_ACCESS_KEY is not set');
    await expect(open({ ...others, AWS_ACCESS_KEY_ID: '' })).rejects.toThrow('AWS_ACCESS_KEY_ID is not set');
    await expect(open({ ...store.env, AWS_ENDPOINT_URL_S3: 'localhost:1' })).rejects.toThrow('"localhost:1" is not an address');
    const wrong = await open({ ...store.env, AWS_ACCESS_KEY_ID: 'AKIDOTHER' });
    const { message, stack } = await wrong.stream(at('a')).then(
      () => new Error('nothing was thrown'),
      (thrown: unknown) => thrown as Error,
    );
    expect(message).toContain('does not know these keys (InvalidAccessKeyId)');
    expect(stack).not.toContain(secret);
  });

  it('no such bucket, no such object, not allowed, not reached', async () => {
    await expect((await open()).stream({ bucket: 'other', key: 'a' })).rejects.toThrow('there is no bucket "other" at http://127.0.0.1');
    await expect((await open()).stream(at('a.jsonl'))).rejects.toThrow('there is no such object');
    expect(await (await open()).read(at('a.jsonl'))).toBeUndefined();
    store.faults = { status: 403, code: 'AccessDenied', times: 1 };
    await expect((await open()).write(at('a'), Buffer.from('x'))).rejects.toThrow('cannot be written: http://127.0.0.1');
    store.faults = { status: 403, code: 'AccessDenied', times: 1 };
    await expect((await open()).read(at('a'))).rejects.toThrow('does not allow it with these keys (403 AccessDenied)');
    const gone = { ...store.env, AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1' };
    await expect((await open(gone)).read(at('a'))).rejects.toThrow('cannot be reached (ECONNREFUSED)');
  });
});

describe('objects', () => {
  it('are written under conditions: none there, or the same still', async () => {
    const objects = await open();
    const first = await objects.write(at('k'), Buffer.from('one'), { ifNoneMatch: '*' });
    expect(first).toBe(etagOf(Buffer.from('one')));
    expect(await objects.write(at('k'), Buffer.from('two'), { ifNoneMatch: '*' })).toBeUndefined();
    expect(await objects.write(at('k'), Buffer.from('two'), { ifMatch: '"wrong"' })).toBeUndefined();
    expect(await objects.write(at('other'), Buffer.from('two'), { ifMatch: first! })).toBeUndefined();
    expect(await objects.write(at('k'), Buffer.from('two'), { ifMatch: first! })).toBe(etagOf(Buffer.from('two')));
    expect(Buffer.from((await objects.read(at('k')))!.bytes).toString()).toBe('two');
    await objects.remove(at('k'));
    await objects.remove(at('k'));
    expect(await objects.read(at('k'))).toBeUndefined();
  });

  it('are asked for again when the store is busy', async () => {
    store.faults = { status: 503, code: 'SlowDown', times: 2 };
    expect(await (await open()).write(at('k'), Buffer.from('one'), { ifNoneMatch: '*' })).toBe(etagOf(Buffer.from('one')));
    expect(store.requests).toEqual(Array.from({ length: 3 }, () => 'PUT /rows/k'));
  });
});
