import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { readRows, writeRows } from '../src/index.ts';
import { temporaryFolder } from './temporary-folder.ts';

const at = temporaryFolder();
const HUB = 'http://hub.test';

/** A Hub that holds the given files of owner/name at the revision main; records what it was asked for. */
function fakeHub(files: Record<string, Uint8Array>, asked: string[] = []): typeof fetch {
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const headers = new Headers(init?.headers);
    asked.push(`${url.pathname} ${headers.get('authorization') ?? ''}`.trim());
    const prefix = '/datasets/owner/name/resolve/main/';
    if (!url.pathname.startsWith(prefix)) return new Response('', { status: 401 });
    const bytes = files[url.pathname.slice(prefix.length)];
    if (bytes === undefined) return new Response('', { status: 404, headers: { 'x-error-code': 'EntryNotFound' } });
    const range = /bytes=(\d+)-(\d+)/.exec(headers.get('range') ?? '');
    const part = range === null ? bytes : bytes.subarray(Number(range[1]), Number(range[2]) + 1);
    const partHeaders = { etag: '"1"', 'content-range': `bytes 0-0/${bytes.length}`, 'content-length': String(part.length) };
    return new Response(new Uint8Array(part), { status: range === null ? 200 : 206, headers: partHeaders });
  };
}

it.each(['jsonl', 'jsonl.zst', 'parquet'])('reads a .%s file of a data set', async (extension) => {
  const records = [{ prompt: 'p', response: 'r' }];
  await writeRows(
    at(`pool.${extension}`),
    records.map((fields) => ({ fields })),
  );
  const bytes = await readFile(at(`pool.${extension}`));
  const asked: string[] = [];
  const fetch = fakeHub({ [`data/pool.${extension}`]: bytes }, asked);
  const { rows, report } = await readRows(`hf://datasets/owner/name/data/pool.${extension}`, {
    fetch,
    hubUrl: HUB,
    accessToken: 'hf_token',
  });
  expect(rows.map(({ fields }) => fields)).toEqual(records);
  expect(report).toMatchObject({ bytes: bytes.length, source: `hf://datasets/owner/name/data/pool.${extension}` });
  expect(asked[0]).toBe(`/datasets/owner/name/resolve/main/data/pool.${extension} Bearer hf_token`);
});

const read = (source: string) => readRows(source, { fetch: fakeHub({}), hubUrl: HUB });

it('says what is wrong with a source on the Hub', async () => {
  await expect(read('hf://datasets/owner/name/absent.jsonl')).rejects.toMatchObject({
    code: 'E_FILE',
    message: 'does not exist on the Hub',
  });
  await expect(read('hf://datasets/owner/secret/pool.jsonl')).rejects.toMatchObject({
    code: 'E_FILE',
    message: 'does not exist on the Hub, or may not be read without a token that has access',
  });
  await expect(read('hf://owner/name/pool.jsonl')).rejects.toMatchObject({
    code: 'E_CONFIG',
    message: 'is not a data set on the Hub',
  });
});

it('notices a download that ends early', async () => {
  const whole = fakeHub({ 'pool.jsonl': Buffer.from('{"prompt":"p","response":"r"}\n'.repeat(3)) });
  const cut: typeof fetch = async (input, init) => {
    const response = await whole(input, init);
    return response.status === 206 ? response : new Response((await response.text()).slice(0, 30), { headers: { 'content-length': '30' } });
  };
  await expect(readRows('hf://datasets/owner/name/pool.jsonl', { fetch: cut, hubUrl: HUB })).rejects.toMatchObject({
    code: 'E_FILE',
    message: 'the download ended after 30 of 90 bytes',
  });
});
